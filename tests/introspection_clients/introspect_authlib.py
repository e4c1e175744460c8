"""Asks about tokens with authlib, unchanged, and prints the answers as JSON: one for each way of authentication and token."""

import json
import os
import sys

from authlib.integrations.requests_client import OAuth2Session

settings = json.load(sys.stdin)

for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)


def ask(method, token):
    """The answer, or how the caller was refused."""
    session = OAuth2Session(settings["client_id"], settings["secret"], token_endpoint_auth_method=method)
    session.trust_env = False
    session.verify = settings["ca_file"]
    response = session.introspect_token(settings["endpoint"], token=token, token_type_hint="access_token")
    if response.status_code == 401:
        return {"refused": 401, "scheme": response.headers["www-authenticate"].split()[0].lower()}
    response.raise_for_status()
    return response.json()


ways = {"basic": "client_secret_basic", "post": "client_secret_post"}
answers = {
    way: {name: ask(method, token) for name, token in settings["tokens"].items()} for way, method in ways.items()
}
json.dump(answers, sys.stdout)
