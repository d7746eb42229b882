"""Signs requests as the Standard Webhooks specification says (1.0, github.com/standard-webhooks/standard-webhooks).

A secret is `whsec_` and 24 to 64 random bytes in base64. The signed text is `id.timestamp.body`; the signature is `v1,`
and the base64 of its HMAC-SHA256. While a secret is being replaced, both signatures stand in the header, separated by
a space, and a receiver accepts the request if one of them is right.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

PREFIX = "whsec_"
SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
"""How long the former secret goes on signing, unless whoever replaces it says otherwise."""

Secrets = Sequence[Mapping[str, str]]
"""As stored: `secret` and `until` (ISO time, "" without end), newest first."""


def new_secret() -> str:
    """A fresh secret in the form that receivers' libraries take."""
    return PREFIX + base64.b64encode(random.token_bytes(SECRET_BYTES)).decode("ascii")


def valid_secrets(stored: Secrets, now: datetime) -> list[str]:
    """Those that have not ended, newest first."""
    return [each["secret"] for each in stored if not each["until"] or datetime.fromisoformat(each["until"]) > now]


def rotated(stored: Secrets, fresh: str, now: datetime, overlap: timedelta = OVERLAP) -> list[dict[str, str]]:
    """The secrets with a new one in front. Those before it end after the overlap, or earlier if they do already."""
    end = (now + overlap).isoformat()
    former = [each for each in stored if not each["until"] or datetime.fromisoformat(each["until"]) > now]
    kept = [{"secret": each["secret"], "until": min(each["until"] or end, end)} for each in former]
    return [{"secret": fresh, "until": ""}, *(kept if overlap else [])]


def headers(event_id: str, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The three headers of a signed request."""
    timestamp = str(int(now.timestamp()))
    text = f"{event_id}.{timestamp}.".encode() + body
    signatures = " ".join(_signature(secret, text) for secret in secrets)
    return {"webhook-id": event_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def _signature(secret: str, text: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode("ascii")
