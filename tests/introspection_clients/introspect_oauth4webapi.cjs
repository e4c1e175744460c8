// Asks about tokens with oauth4webapi, unchanged.

const { run } = require("./ask.cjs");

run("oauth4webapi", async (oauth, { issuer, endpoint, client_id }, authentication, token) => {
  const server = { issuer, introspection_endpoint: endpoint };
  const options = { additionalParameters: { token_type_hint: "access_token" } };
  const client = { client_id };
  const response = await oauth.introspectionRequest(server, client, authentication, token, options);
  return oauth.processIntrospectionResponse(server, client, response);
});
