"""Signing in to SAP: Basic, or OAuth 2.0 client credentials with a token URL of the customer's choice.

SAP Help, "Using OAuth 2.0 for inbound communication": the client is authenticated by HTTP Basic at the token endpoint;
`expires_in` says how long the token lives (often 43,200 s or 3,600 s); there is no refresh token to rely on.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

from integrations.connection import Token
from integrations.errors import BadCredentials, IntegrationError, Misconfigured, Throttled, Transient
from integrations.http import Answer, HttpRequest, HttpSession
from integrations.systems.sap import answers
from integrations.systems.sap.settings import Account

# Renewed ahead of expiry by a tenth of the token's life, at least a minute, at most half of a very short life.
_SHARE, _AT_LEAST, _AT_MOST_SHARE = 0.1, 60.0, 0.5
# For an answer that does not tell how long the token lives.
_CAUTIOUS_LIFE = 300.0
_LONGEST_LIFE = 7 * 86400.0


def basic(account: Account) -> str:
    """The Basic header: user and password in UTF-8, never in a URL (passwords hold any character)."""
    return "Basic " + b64encode(f"{account.username}:{account.password}".encode()).decode()


def fetch_token(session: HttpSession, account: Account) -> Token:
    """A new access token.

    Raises BadCredentials if the client is refused, Misconfigured if the address is no token endpoint, Throttled and
    Transient. The token is concealed in every exchange from then on.
    """
    form = {"grant_type": "client_credentials"}
    if account.scope:
        form["scope"] = account.scope
    headers = {"Authorization": basic(account)}
    answer = session.send(HttpRequest(method="POST", url=account.token_url, headers=headers, form=form))
    if answer.status != 200 or answers.is_page(answer):
        raise _refusal(answer)
    token = _token(answer)
    session.conceal(token.value)
    return token


def _refusal(answer: Answer) -> IntegrationError:
    status = answer.status
    if status in (400, 401):
        message = f"SAP's token endpoint refused the client id and secret (HTTP {status})."
        return BadCredentials(message, exchange=answer.exchange)
    if status == 429:
        text = "SAP's token endpoint asks for fewer calls."
        return Throttled(text, retry_after=answers.retry_after(answer), exchange=answer.exchange)
    if status >= 500:
        return Transient(f"SAP's token endpoint answered HTTP {status}.", exchange=answer.exchange)
    message = f"The token URL answered HTTP {status} and no token: check the address."
    return Misconfigured(message, code="token-url", exchange=answer.exchange)


def _token(answer: Answer) -> Token:
    body = answer.json()
    value = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise Transient("SAP's token endpoint answered without a token.", exchange=answer.exchange)
    life = _life(body.get("expires_in"))
    ahead = min(max(life * _SHARE, _AT_LEAST), life * _AT_MOST_SHARE)
    # Counted from before the request left, so the token is never believed to live longer than it does.
    expires_at = answer.exchange.started_at + timedelta(seconds=life)
    return Token(value, expires_at, expires_at - timedelta(seconds=ahead))


def _life(told: object) -> float:
    try:
        life = float(str(told))
    except ValueError:
        return _CAUTIOUS_LIFE
    return min(life, _LONGEST_LIFE) if life > 0 else _CAUTIOUS_LIFE
