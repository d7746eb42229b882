"""The last net: what looks like a secret is taken out of log lines and error reports, whoever put it there.

Secrets are objects that show nothing (integrations/fields.py) and exchanges are redacted where they are made. This is
for what nobody thought of: a library's message with a URL in it, a value in an exception's text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "********"
DEEPEST = 12
SECRET_WORDS = (
    "password",
    "secret",
    "token",
    "authorization",
    "app_key",
    "app-key",
    "cookie",
    "credentials",
    "api_key",
    "api-key",
    "apikey",
    "passwd",
    "private_key",
)

_NAMES = (
    r"password|passwd|client_secret|secret|access_token|refresh_token|id_token|token|api[_-]?key|app[_-]?key|assertion|"
    r"st-app-key|x-csrf-token|set-cookie|cookie"
)
SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)([a-z][a-z0-9+.-]*://[^/\s:@'\"]*):[^/\s@'\"]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),  # a JSON web token
    (re.compile(r"\bgAAAAA[A-Za-z0-9_-]{40,}={0,2}"), HIDDEN),  # a Fernet token
    (re.compile(r"\b(?:cs1|ak1)\.[A-Za-z0-9._-]{6,}"), HIDDEN),  # ServiceTitan's client secrets and app keys
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}"), HIDDEN),  # Standard Webhooks
    (
        re.compile(rf"(?i)((?<![a-z])(?:{_NAMES})['\"]?\s*[=:]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;&'\")}}\]]+)"),
        rf"\1{HIDDEN}",
    ),
)
_TELLTALES = re.compile(r"(?i)key|bearer|basic|://|eyJ|gAAAAA|cs1\.|ak1\.|whsec_|pass|secret|token|assertion|cookie")


def names_secret(name: object) -> bool:
    """Whether a key of this name holds a secret."""
    lowered = str(name).lower()
    return any(word in lowered for word in SECRET_WORDS)


def text(value: str) -> str:
    """The text without what looks like a secret."""
    if not _TELLTALES.search(value):
        return value
    for shape, instead in SHAPES:
        value = shape.sub(instead, value)
    return value


def anything(value: Any, depth: int = 0) -> Any:
    """The same for all texts inside, and without the values of keys that name a secret."""
    if isinstance(value, str):
        return text(value)
    if depth >= DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: HIDDEN if names_secret(key) and each else anything(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [anything(each, depth + 1) for each in value]
    return value
