"""A department's website in one file: sign in, sign out, back-channel logout. Python 3.9 or newer, nothing else.

Register with "id_token_signed_response_alg": "RS256": RSA is what can be checked without a library.
"""
import base64, hashlib, json, os, secrets, time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import Request, urlopen

ISSUER = os.environ.get("YIHAO_ISSUER", "http://localhost:3000")
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
PORT = int(os.environ.get("PORT", "8080"))
ORIGIN = f"http://localhost:{PORT}"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
CLOCK = 30  # seconds by which clocks may differ

# By session cookie; a real website keeps these two in its database, with an end. A person may begin in two tabs,
# so that a session holds several attempts, by state.
attempts, visitors, keys = {}, {}, {}


def call(url, form=None, headers=None):
    body = urlencode(form).encode() if form is not None else None
    with urlopen(Request(url, body, headers or {}), timeout=10) as answer:
        return json.load(answer)


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_for(kid):
    if kid not in keys:  # a key not seen before: the keys were changed
        for key in call(YIHAO["jwks_uri"])["keys"]:
            if key["kty"] == "RSA":
                keys[key["kid"]] = (int.from_bytes(decode(key["n"]), "big"), int.from_bytes(decode(key["e"]), "big"))
    return keys[kid]


def read_token(token, kind):
    """The claims of an ID Token or logout token; ValueError or KeyError when it must not be believed."""
    head, body, signature = token.split(".")
    header, claims = json.loads(decode(head)), json.loads(decode(body))
    if header["alg"] != "RS256" or (kind == "logout" and header.get("typ") != "logout+jwt"):
        raise ValueError("another kind of token")
    n, e = key_for(header["kid"])
    size = (n.bit_length() + 7) // 8
    digest = SHA256_PREFIX + hashlib.sha256(f"{head}.{body}".encode()).digest()
    expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    if pow(int.from_bytes(decode(signature), "big"), e, n).to_bytes(size, "big") != expected:
        raise ValueError("signature")
    if claims["iss"] != ISSUER or claims["aud"] != CLIENT_ID:
        raise ValueError("iss or aud")
    if claims["exp"] + CLOCK < time.time() or claims["iat"] - CLOCK > time.time():
        raise ValueError("time")
    return claims


def sign_in(session):
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    if session not in attempts:
        session = secrets.token_urlsafe(32)
    begun = attempts.setdefault(session, {})
    begun[state] = (nonce, verifier)
    if len(begun) > 10:
        del begun[next(iter(begun))]  # the oldest
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": ORIGIN + "/callback",
        "scope": "openid profile phone",
        "state": state,
        "nonce": nonce,
        "code_challenge": encode(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
        "acr_values": "urn:yihao:acr:1:ial3:aal1",
    }
    return YIHAO["authorization_endpoint"] + "?" + urlencode(query), session


def finish_sign_in(query, session):
    nonce, verifier = attempts.get(session, {}).pop(query["state"], (None, None))
    if nonce is None:
        raise ValueError("no such sign-in was begun in this browser")
    if query.get("iss") != ISSUER:
        raise ValueError("iss")
    if "error" in query:
        raise ValueError(query["error"])
    pair = f"{quote(CLIENT_ID, safe='')}:{quote(CLIENT_SECRET, safe='')}"
    form = {
        "grant_type": "authorization_code",
        "code": query["code"],
        "redirect_uri": ORIGIN + "/callback",
        "code_verifier": verifier,
    }
    basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    tokens = call(YIHAO["token_endpoint"], form, basic)
    claims = read_token(tokens["id_token"], "id")
    if claims["nonce"] != nonce:
        raise ValueError("nonce")
    about = call(YIHAO["userinfo_endpoint"], headers={"Authorization": "Bearer " + tokens["access_token"]})
    if about["sub"] != claims["sub"]:
        raise ValueError("sub")
    fresh = secrets.token_urlsafe(32)  # a new session id, so that nobody can plant one beforehand
    attempts[fresh] = attempts.pop(session, {})
    visitors.pop(session, None)
    visitors[fresh] = {"sid": claims["sid"], "id_token": tokens["id_token"], "claims": {**about, "acr": claims["acr"]}}
    return "/", fresh


def sign_out(session):
    attempts.pop(session, None)
    visitor = visitors.pop(session, None)
    if visitor is None:
        return "/", ""
    query = {"id_token_hint": visitor["id_token"], "post_logout_redirect_uri": ORIGIN + "/signed-out"}
    return YIHAO["end_session_endpoint"] + "?" + urlencode(query), ""


def end_by_back_channel(form):
    claims = read_token(form["logout_token"], "logout")
    if not isinstance(claims["events"][EVENT], dict) or "nonce" in claims:
        raise ValueError("no logout token")
    for session in [one for one, visitor in list(visitors.items()) if visitor["sid"] == claims["sid"]]:
        visitors.pop(session, None)


class Website(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer("GET", urlsplit(self.path).query)

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(min(int(length), 16_384)) if length.isdecimal() else b""
        self.answer("POST", body.decode("utf-8", "replace"))

    def answer(self, method, text):
        given = {name: values[0] for name, values in parse_qs(text).items()}
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("session")
        session, path = cookie.value if cookie else "", urlsplit(self.path).path
        try:
            if path == "/login":
                self.redirect(*sign_in(session))
            elif path == "/callback":
                self.redirect(*finish_sign_in(given, session))
            elif method == "POST" and path == "/logout":
                self.redirect(*sign_out(session))
            elif method == "POST" and path == "/backchannel-logout":
                end_by_back_channel(given)
                self.send(200, "")
            else:
                visitor = visitors.get(session)
                self.send(200, json.dumps(visitor["claims"], ensure_ascii=False) if visitor else "not signed in")
        except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
            self.send(400, f"{type(error).__name__}: {error}")

    def redirect(self, to, session):
        self.send_response(303)
        self.send_header("Location", to)
        end = "" if session else "; Max-Age=0"  # on https add Secure
        self.send_header("Set-Cookie", f"session={session}; Path=/; HttpOnly; SameSite=Lax{end}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass  # the address of /callback holds a code, which has no place in a log


YIHAO = call(ISSUER + "/.well-known/openid-configuration")
if __name__ == "__main__":
    ThreadingHTTPServer(("localhost", PORT), Website).serve_forever()
