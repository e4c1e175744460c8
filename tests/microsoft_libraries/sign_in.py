"""Signs in with msal for Python, unchanged, against a simulated Entra, and prints what it got as JSON.

The browser's part, picking the account on the page, is done over HTTP here.
"""

import html
import json
import os
import re
import sys
import urllib.parse

import msal
import requests

settings = json.load(sys.stdin)
session = requests.Session()
session.trust_env = False
session.verify = settings["ca_file"]


def pick(url):
    """Opens the account picker and picks the user: where the answer leads."""
    page = session.get(url)
    page.raise_for_status()
    link = re.search(r'href="([^"]+)">' + re.escape(settings["user_name"]), page.text).group(1)
    return session.get(urllib.parse.urljoin(url, html.unescape(link)), allow_redirects=False)


def new_client():
    return msal.PublicClientApplication(
        settings["client_id"],
        authority=settings["authority"],
        instance_discovery=False,
        verify=settings["ca_file"],
    )


def checked(result):
    if "error" in result:
        raise SystemExit(f"{result['error']}: {result.get('error_description')}")
    return result


for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
    os.environ.pop(name, None)

client = new_client()
flow = client.initiate_auth_code_flow(settings["scopes"], redirect_uri=settings["redirect_uri"])
location = pick(flow["auth_uri"]).headers["location"]
answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
code = checked(client.acquire_token_by_auth_code_flow(flow, answer))

account = client.get_accounts()[0]
silent = checked(client.acquire_token_silent_with_error(settings["scopes"], account, force_refresh=True))

client = new_client()
flow = client.initiate_device_flow(settings["scopes"])
pick(flow["verification_uri"] + "?user_code=" + flow["user_code"])
device = checked(client.acquire_token_by_device_flow(flow))

json.dump(
    {
        name: {"id_token": result.get("id_token"), "access_token": result["access_token"]}
        for name, result in {"code": code, "silent": silent, "device": device}.items()
    },
    sys.stdout,
)
