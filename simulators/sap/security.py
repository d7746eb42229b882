"""Who may call: Basic credentials, bearer tokens of the token endpoint, and CSRF tokens paired with cookies."""

import base64
import secrets
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from simulators.sap.problems import html
from simulators.wire import Clock, Request, Response, json_response

TOKEN_PATH = "/sap/bc/sec/oauth2/token"
_COOKIE = "SAP_SESSIONID_S4H_100"
_SECOND_COOKIE = "sap-XSRF_S4H_100"


@dataclass(frozen=True, slots=True)
class Session:
    """A CSRF token with the cookies it belongs to: for one user and one service root, until it expires."""

    token: str
    second: str
    user: str
    root: str
    ends_at: datetime


class Security:
    """Accounts, tokens and sessions. Lifetimes are in seconds; they hold for what is given out afterwards."""

    def __init__(self, clock: Clock, accounts: dict[str, str]) -> None:
        self.clock = clock
        self.accounts = dict(accounts)
        self.methods: set[str] = {"basic", "oauth"}
        self.token_seconds = 43_200
        self.csrf_seconds = 1_800
        self.tokens: dict[str, tuple[str, datetime]] = {}
        self.sessions: dict[str, Session] = {}

    def user(self, request: Request) -> str:
        """The account that calls, or an empty string."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic" and "basic" in self.methods:
            return self._basic(value)
        if scheme.lower() == "bearer" and "oauth" in self.methods:
            user, ends_at = self.tokens.get(value.strip(), ("", self.clock.now()))
            return user if user and self.clock.now() < ends_at else ""
        return ""

    def _basic(self, value: str) -> str:
        try:
            user, _, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (Base64Error, ValueError):
            return ""
        return user if self._right(user, password) else ""

    def _right(self, user: str, password: str) -> bool:
        return secrets.compare_digest(self.accounts.get(user, "").encode(), password.encode()) and user in self.accounts

    def refuse(self) -> Response:
        """401 as the platform answers it: an HTML page."""
        realm = 'Basic realm="SAP NetWeaver Application Server [S4H/100]"'
        return html(401, "Logon failed", [("WWW-Authenticate", realm)])

    def token(self, request: Request) -> Response:
        """The token endpoint: client credentials, authenticated by Basic or by members of the form."""
        if request.method != "POST":
            return html(405, "Method not allowed")
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        user = self._basic(value) if scheme.lower() == "basic" else ""
        if not scheme and self._right(form.get("client_id", ""), form.get("client_secret", "")):
            user = form["client_id"]
        if not user or "oauth" not in self.methods:
            return _token_error(401, "invalid_client")
        if form.get("grant_type") != "client_credentials":
            return _token_error(400, "unsupported_grant_type")
        return self._grant(user)

    def _grant(self, user: str) -> Response:
        token = secrets.token_urlsafe(48)
        self.tokens[token] = (user, self.clock.now() + timedelta(seconds=self.token_seconds))
        body = {"access_token": token, "token_type": "Bearer", "expires_in": self.token_seconds}
        return json_response(body)

    def revoke(self) -> None:
        """Forget all tokens; passwords stay."""
        self.tokens.clear()

    def fetch(self, response: Response, user: str, root: str) -> None:
        """Give out a CSRF token and its cookies with an answer."""
        token, session, second = secrets.token_urlsafe(18), secrets.token_urlsafe(24), secrets.token_urlsafe(12)
        ends_at = self.clock.now() + timedelta(seconds=self.csrf_seconds)
        self.sessions[session] = Session(token, second, user, root, ends_at)
        response.headers += [
            ("x-csrf-token", token),
            ("Set-Cookie", f"{_COOKIE}={session}; path=/; HttpOnly"),
            ("Set-Cookie", f"{_SECOND_COOKIE}={second}; path=/; HttpOnly"),
        ]

    def csrf_holds(self, request: Request, user: str, root: str) -> bool:
        """Whether a write carries a token together with all cookies it was given out with."""
        cookies = _cookies(request)
        session = self.sessions.get(cookies.get(_COOKIE, ""))
        if session is None or self.clock.now() >= session.ends_at:
            return False
        same = (session.user, session.root, session.second) == (user, root, cookies.get(_SECOND_COOKIE))
        return same and secrets.compare_digest(session.token, request.headers.get("x-csrf-token", ""))


def _cookies(request: Request) -> dict[str, str]:
    try:
        jar: SimpleCookie = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}


def _token_error(status: int, error: str) -> Response:
    return json_response({"error": error}, status)


def csrf_required(version: int) -> Response:
    """403 for a write without a valid CSRF token."""
    text = "CSRF token validation failed"
    headers = [("x-csrf-token", "Required")]
    if version == 2:
        return Response(403, [("Content-Type", "text/plain;charset=utf-8"), *headers], text.encode())
    body = {
        "error": {"code": "/IWBEP/CM_V4S/403", "message": text, "@SAP__common.ExceptionCategory": "CSRF_Token_Missing"}
    }
    response = json_response(body, 403)
    response.headers += headers
    return response
