// What the scripts for Node.js share: they ask about each token in each way of authentication, and print the answers as JSON.

const { pathToFileURL } = require("node:url");

async function readSettings() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

// `introspect` asks with `library` about one token.
async function askAll(library, introspect) {
  const settings = await readSettings();
  const { ClientSecretBasic, ClientSecretPost, WWWAuthenticateChallengeError } = library;
  const ways = { basic: ClientSecretBasic, post: ClientSecretPost };

  // The answer, or how the library understood that the caller was refused.
  async function ask(way, token) {
    try {
      return await introspect(settings, ways[way](settings.secret), token);
    } catch (error) {
      if (!(error instanceof WWWAuthenticateChallengeError)) throw error;
      return { refused: error.status, scheme: error.cause[0].scheme };
    }
  }

  const answers = {};
  for (const way of Object.keys(ways)) {
    answers[way] = {};
    for (const [name, token] of Object.entries(settings.tokens)) answers[way][name] = await ask(way, token);
  }
  process.stdout.write(JSON.stringify(answers));
}

// `NODE_PATH`, which says where the library is, is read for those that are required; this one has to be imported.
function load(name) {
  return import(pathToFileURL(require.resolve(name)));
}

// Runs a script with the library it is for.
exports.run = (name, script) =>
  load(name)
    .then((library) => askAll(library, (...question) => script(library, ...question)))
    .catch((error) => {
      console.error(error);
      process.exit(1);
    });
