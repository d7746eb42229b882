"""The token endpoint: OAuth 2.0 client credentials, form-encoded (a JSON body is refused with 400).

ServiceTitan developer portal, "OAuth 2.0": the answer carries access_token, expires_in (900) and token_type; there is
no refresh token and no scope parameter. The endpoint itself is throttled, so a token is shared by all workers.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta

from integrations.connection import Token
from integrations.errors import BadCredentials, IntegrationError, Misconfigured, Throttled, Transient
from integrations.http import Answer, HttpRequest, HttpSession
from integrations.systems.servicetitan.answers import retry_after
from integrations.systems.servicetitan.settings import Account

# The life that the portal names, for an answer that does not tell it.
USUAL_LIFE = 900.0
# Renewed a minute ahead, or a quarter of a shorter life ahead.
_AHEAD, _SHARE = 60.0, 0.25
_ERROR_WORD = re.compile(r"[a-z_]{1,40}")


def fetch_token(session: HttpSession, account: Account) -> Token:
    """A new token, with the first of the account's secrets that is accepted.

    Raises BadCredentials if none is, Misconfigured if the address is no token endpoint, Throttled and Transient.
    """
    refused: BadCredentials | None = None
    for secret in account.secrets:
        try:
            return _token(_ask(session, account, secret))
        except BadCredentials as error:
            refused = refused or error
    raise refused or BadCredentials("No client secret is set.")


def token_scopes(value: str) -> frozenset[str]:
    """The claim `scope` of a token (a JWT by the portal's sample), unverified; empty where there is none."""
    try:
        payload = value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        scope = claims["scope"]
    except (IndexError, KeyError, TypeError, ValueError):
        return frozenset()
    words = scope.split() if isinstance(scope, str) else scope
    return frozenset(word for word in words if isinstance(word, str)) if isinstance(words, list) else frozenset()


def _ask(session: HttpSession, account: Account, secret: str) -> Answer:
    form = {"grant_type": "client_credentials", "client_id": account.client_id, "client_secret": secret}
    answer = session.send(HttpRequest(method="POST", url=account.token_url, form=form))
    if answer.status != 200:
        raise _error(answer)
    return answer


def _error(answer: Answer) -> IntegrationError:
    if answer.status in (400, 401, 403):
        message = (
            f"ServiceTitan refused the client id and secret{_word(answer)}. Check that they were made for this app, "
            "this tenant and this environment, and that the secret was not replaced."
        )
        return BadCredentials(message, exchange=answer.exchange)
    if answer.status == 429:
        message = "ServiceTitan's token endpoint asks for fewer calls."
        return Throttled(message, retry_after=retry_after(answer), exchange=answer.exchange)
    if answer.status >= 500 or answer.status == 408:
        return Transient(f"ServiceTitan's token endpoint answered HTTP {answer.status}.", exchange=answer.exchange)
    message = f"The token address answered HTTP {answer.status}: it is not ServiceTitan's token endpoint."
    return Misconfigured(message, code="token-url", exchange=answer.exchange)


def _word(answer: Answer) -> str:
    """The OAuth error word, e.g. " (invalid_client)"; nothing else of the body, which might repeat what was sent."""
    try:
        body = answer.json()
    except IntegrationError:
        return ""
    word = body.get("error") if isinstance(body, dict) else None
    return f" ({word})" if isinstance(word, str) and _ERROR_WORD.fullmatch(word) else ""


def _token(answer: Answer) -> Token:
    body = answer.json()
    value = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise Transient("ServiceTitan's token endpoint answered without a token.", exchange=answer.exchange)
    life = _life(body.get("expires_in"))
    # Counted from before the request left, so the token is never believed to live longer than it does.
    expires_at = answer.exchange.started_at + timedelta(seconds=life)
    return Token(value, expires_at, expires_at - timedelta(seconds=min(_AHEAD, life * _SHARE)))


def _life(told: object) -> float:
    try:
        life = float(str(told))
    except ValueError:
        return USUAL_LIFE
    return life if 0 < life <= 86400 else USUAL_LIFE
