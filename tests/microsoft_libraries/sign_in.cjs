// Signs in with @azure/msal-node, unchanged, against a simulated Entra, and prints what it got as JSON.
//
// The browser's part, picking the account on the page, is done over HTTP here.

const { CryptoProvider, PublicClientApplication } = require("@azure/msal-node");

async function readSettings() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  return JSON.parse(text);
}

// Opens the account picker and picks the user: where the answer leads.
async function pick(url, userName) {
  const page = await (await fetch(url)).text();
  const links = [...page.matchAll(/href="([^"]+)">([^<]+)</g)];
  const link = links.find(([, , name]) => name === userName);
  return fetch(new URL(link[1].replaceAll("&amp;", "&"), url), { redirect: "manual" });
}

function newClient(settings) {
  return new PublicClientApplication({
    auth: {
      clientId: settings.client_id,
      authority: settings.authority,
      knownAuthorities: [new URL(settings.authority).host],
    },
  });
}

async function main() {
  const settings = await readSettings();
  const { scopes, redirect_uri: redirectUri, user_name: userName } = settings;

  const client = newClient(settings);
  const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
  const url = await client.getAuthCodeUrl({
    scopes,
    redirectUri,
    codeChallenge: challenge,
    codeChallengeMethod: "S256",
  });
  const back = new URL((await pick(url, userName)).headers.get("location"));
  const code = await client.acquireTokenByCode({
    scopes,
    redirectUri,
    code: back.searchParams.get("code"),
    codeVerifier: verifier,
  });
  const silent = await client.acquireTokenSilent({ scopes, account: code.account, forceRefresh: true });

  const device = await newClient(settings).acquireTokenByDeviceCode({
    scopes,
    deviceCodeCallback: ({ verificationUri, userCode }) =>
      pick(`${verificationUri}?user_code=${userCode}`, userName),
  });

  const told = ({ idToken, accessToken }) => ({ id_token: idToken, access_token: accessToken });
  process.stdout.write(JSON.stringify({ code: told(code), silent: told(silent), device: told(device) }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
