"""Webhooks V2: whether a call really comes from ServiceTitan, and which object it is about.

The envelope is CloudEvents 1.0 in structured JSON; `userassignedid` names the occurrence, `id` the attempt (schemas
`CloudEvent_Of_*` of the OpenAPI documents, modules JPM, Accounting, CRM, Dispatch, Telecom). Events exist for jobs,
customer invoices, bookings, leads, technicians, zones and calls; for none of the objects of procurement.

The header's name, the hash and the encoding of the signature stand in no document that can be reached: header names
and hash are settings, both encodings are taken, with or without the hash's name in front (`sha256=`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

HEADERS = ("x-servicetitan-signature", "x-st-signature", "servicetitan-signature")
"""What receivers in public code read the signature from; the real name shows in the first refusal."""
HASHES = ("sha256", "sha512", "sha384", "sha1")
KEY_LENGTHS = (32, 64)
"""Characters of an HMAC key, least and most (developer portal, "Webhooks")."""
LONGEST_NAME = 200

_JOB = ("job", "id", "jobNumber")
OBJECTS: Mapping[str, tuple[str, str, str]] = {
    "tn.jpm.job-scheduled": _JOB,
    "tn.jpm.job-rescheduled": _JOB,
    "tn.jpm.job-updated": _JOB,
    "tn.jpm.job-completed": _JOB,
    "tn.jpm.job-appointment-updated": ("appointment", "jobId", ""),
}
"""Types that name an object which is kept here: the member of `data` with the job, and its id and number therein."""


class Unreadable(ValueError):
    """A body that is no event; the sentence says why, without quoting it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is kept of a call. `occurrence` is the same for all attempts at one event; `object_kind` "": not ours."""

    tenant_id: str
    occurrence: str
    event_id: str
    type: str
    happened_at: datetime | None
    object_kind: str = ""
    object_id: str = ""
    object_number: str = ""


def webhook_keys(credentials: Mapping[str, str]) -> list[str]:
    """The HMAC keys of an app of one's own: the present one, and the one before during a rotation."""
    return [key for name in ("webhook_key", "webhook_key_previous") if (key := credentials.get(name, ""))]


def is_header_name(text: str) -> bool:
    """Whether a header can have this name."""
    return re.fullmatch(r"[A-Za-z0-9-]{1,60}", text) is not None


def is_key(text: str) -> bool:
    """Whether the developer portal takes this for an HMAC key."""
    least, most = KEY_LENGTHS
    return least <= len(text) <= most and text.isascii() and text.isprintable() and " " not in text


def is_signed(body: bytes, signatures: Iterable[str], keys: Sequence[str], *, algorithm: str = "sha256") -> bool:
    """Whether one of the signatures is the HMAC of these very bytes under one of the keys, compared in constant time.

    Every key is tried with every signature, so the time taken does not tell which fitted. No key: nothing is signed.
    """
    expected = [hmac.new(key.encode(), body, algorithm).digest() for key in keys]
    given = [digest for text in signatures if (digest := _digest(text, algorithm)) is not None]
    return any([hmac.compare_digest(one, other) for one in expected for other in given])  # noqa: C419 - all of them


def _digest(text: str, algorithm: str) -> bytes | None:
    """The bytes that a signature stands for: hex of either case, or base64; None for anything else."""
    text = text.strip()
    if text[: len(algorithm) + 1].lower() == f"{algorithm}=":
        text = text[len(algorithm) + 1 :]
    size = hashlib.new(algorithm, usedforsecurity=False).digest_size
    if re.fullmatch(rf"[0-9a-fA-F]{{{2 * size}}}", text):
        return bytes.fromhex(text)
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest if base64.b64encode(digest).decode() == text and len(digest) == size else None


def parse(body: bytes) -> Event:
    """The event in a body that was proven to be ServiceTitan's. Raises Unreadable."""
    try:
        envelope = json.loads(body, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Unreadable("The body is not JSON.") from None
    data = envelope.get("data") if isinstance(envelope, dict) else None
    if not isinstance(data, dict):
        raise Unreadable("The body is no event: it has no data.")
    tenant = data.get("tenantId")
    if isinstance(tenant, bool) or not re.fullmatch(r"[1-9][0-9]{0,18}", str(tenant)):
        raise Unreadable("The event names no tenant.")
    event_id = _text(envelope.get("id"))
    kind, number, name = _object(envelope.get("type"), data)
    return Event(
        tenant_id=str(tenant),
        occurrence=_text(envelope.get("userassignedid")) or event_id or f"sha256:{hashlib.sha256(body).hexdigest()}",
        event_id=event_id,
        type=_text(envelope.get("type"))[:LONGEST_NAME],
        happened_at=_moment(envelope.get("time")),
        object_kind=kind,
        object_id=number,
        object_number=name,
    )


def _object(kind: Any, data: Mapping[str, Any]) -> tuple[str, str, str]:
    """Kind, id and number of the object; empty where the type is not ours, an empty id where none is named."""
    place = OBJECTS.get(kind) if isinstance(kind, str) else None
    if place is None:
        return "", "", ""
    member, id_member, number_member = place
    row = data.get(member)
    found = row if isinstance(row, dict) else {}
    number = str(found.get(id_member))
    whole = re.fullmatch(r"[1-9][0-9]{0,18}", number)
    return "job", number if whole else "", _text(found.get(number_member))[:60]


def _text(value: Any) -> str:
    """A name as text that can be kept; one that is too long is known by its digest."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).replace("\0", "\ufffd").encode(errors="replace").decode().strip()
    return text if len(text) <= LONGEST_NAME else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _moment(value: Any) -> datetime | None:
    """When it happened; None where that is not told in a way that can be read."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
