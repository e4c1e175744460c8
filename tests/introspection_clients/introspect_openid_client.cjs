// Asks about tokens with openid-client, unchanged.

const { run } = require("./ask.cjs");

run("openid-client", (openid, { issuer, endpoint, client_id }, authentication, token) => {
  const server = { issuer, introspection_endpoint: endpoint };
  const configuration = new openid.Configuration(server, client_id, undefined, authentication);
  return openid.tokenIntrospection(configuration, token, { token_type_hint: "access_token" });
});
