"""A department's website on Flask and Authlib, set up as Authlib's documentation shows it."""
import json
import os
from urllib.parse import urlencode

import requests
from authlib.integrations.flask_client import OAuth
from authlib.jose import JsonWebKey, jwt
from flask import Flask, redirect, request, session, url_for

ISSUER, PORT = os.environ["YIHAO_ISSUER"], int(os.environ["PORT"])
EVENT = "http://schemas.openid.net/event/backchannel-logout"

app = Flask(__name__)
app.secret_key = os.urandom(32)
yihao = OAuth(app).register(
    "yihao",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=ISSUER + "/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile phone", "code_challenge_method": "S256"},
)
visitors = {}


def visitor():
    return visitors.get(session.get("sid"))


@app.get("/")
def front():
    return "ready"


@app.get("/private/")
def private():
    if visitor() is None:
        return yihao.authorize_redirect(url_for("callback", _external=True))
    return json.dumps({**visitor()["about"], "access_token": visitor()["token"]["access_token"]})


@app.get("/callback")
def callback():
    token = yihao.authorize_access_token()
    session["sid"] = token["userinfo"]["sid"]
    visitors[session["sid"]] = {"token": token, "about": yihao.userinfo(token=token)}
    return redirect("/private/")


@app.get("/refresh")
def refresh():
    metadata, old = yihao.load_server_metadata(), visitor()["token"]
    with yihao._get_oauth_client(**metadata) as client:
        token = client.refresh_token(metadata["token_endpoint"], refresh_token=old["refresh_token"])
    visitor().update(token={**old, **token}, about=yihao.userinfo(token=token))
    return redirect("/private/")


@app.get("/leave")
def leave():
    query = {
        "id_token_hint": visitors.pop(session.pop("sid"))["token"]["id_token"],
        "post_logout_redirect_uri": url_for("signed_out", _external=True),
    }
    return redirect(yihao.load_server_metadata()["end_session_endpoint"] + "?" + urlencode(query))


@app.get("/signed-out")
def signed_out():
    return "signed out"


@app.post("/backchannel-logout")
def backchannel_logout():
    metadata = yihao.load_server_metadata()
    keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    wanted = {"iss": metadata["issuer"], "aud": yihao.client_id}
    options = {name: {"essential": True, "value": value} for name, value in wanted.items()}
    claims = jwt.decode(request.form["logout_token"], keys, claims_options=options)
    claims.validate()
    if EVENT not in claims["events"] or "nonce" in claims:
        return "no logout token", 400
    visitors.pop(claims["sid"], None)
    return "", 200


if __name__ == "__main__":
    app.run("localhost", PORT, threaded=True)
