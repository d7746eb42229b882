"""What never leaves an exchange: secret headers, known secret values and the tokens in token answers."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
# Characters that OData and REST queries hold literally; everything else, "+" above all, is percent-encoded.
QUERY_SAFE = "$,'()/:;@*"
BODY_LIMIT = 64 * 1024

SECRET_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "st-app-key",
        "cookie",
        "set-cookie",
        "x-csrf-token",
        "apikey",
        "x-api-key",
        "webhook-signature",
    }
)
# Members of token requests and answers, in JSON and in form encoding.
_NAMES = r"access_token|refresh_token|id_token|client_secret|client_assertion|assertion|password"
_JSON_MEMBER = re.compile(rf'("(?:{_NAMES})"\s*:\s*")(?:[^"\\]|\\.)*', re.IGNORECASE)
_FORM_MEMBER = re.compile(rf"(?<![\w-])((?:{_NAMES})=)[^&\s\"]+", re.IGNORECASE)
# Most bodies hold none of these words and are spared the expressions above.
_TELLTALES = ("_token", "secret", "assertion", "password")
# Shorter secrets would black out half of every text, and are no secrets.
_SHORTEST = 4
# "Required" is SAP's way to ask for a new CSRF token, not a token: kept, because it explains the 403.
_TELLING_VALUES = frozenset({"required", "fetch"})


class Redactor:
    """Knows the secrets of one connection. Safe to use from several threads."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._known: frozenset[str] = frozenset()
        self._forms: tuple[str, ...] = ()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """From now on this value, in its usual spellings, is removed from every text."""
        if len(secret) < _SHORTEST or secret in self._known:
            return
        known = self._known | {secret}
        forms = {form for value in known for form in _spellings(value)}
        # Longest first, so that a secret that contains another one leaves no rest behind.
        self._known, self._forms = known, tuple(sorted(forms, key=len, reverse=True))

    def text(self, text: str) -> str:
        """The text without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, REDACTED)
        lowered = text.lower()
        if not any(word in lowered for word in _TELLTALES):
            return text
        return _FORM_MEMBER.sub(rf"\1{REDACTED}", _JSON_MEMBER.sub(rf"\1{REDACTED}", text))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with the values of secret ones replaced."""
        shown = {name: REDACTED if _is_secret(name, value) else value for name, value in headers.items()}
        together = "\n".join(shown.values())
        return shown if self.text(together) == together else {name: self.text(value) for name, value in shown.items()}

    def body(self, body: bytes, limit: int = BODY_LIMIT) -> str:
        """The body as text, without secrets, cut at `limit` bytes with a note."""
        longest = len(self._forms[0].encode()) if self._forms else 0
        # Redacted beyond the cut, so that no half of a secret is left standing at the border.
        text = self.text(body[: limit + longest].decode("utf-8", errors="replace"))
        if len(body) <= limit:
            return text
        return f"{text[:limit]}\n[cut: {len(body)} bytes in all]"


def _is_secret(name: str, value: str) -> bool:
    return name.lower() in SECRET_HEADERS and value.lower() not in _TELLING_VALUES


def _spellings(secret: str) -> set[str]:
    spelled = {secret, quote(secret, safe=""), quote_plus(secret), quote(secret), quote(secret, safe=QUERY_SAFE)}
    return spelled | {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
