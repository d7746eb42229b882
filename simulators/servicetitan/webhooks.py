"""Webhooks V2: CloudEvents about jobs with an HMAC, to one URL for all tenants; again after 10, 30, 60, 300 s.

No event exists about vendors, orders, requests, receipts, bills or business units. The header's name, the hash and the
encoding of the signature stand in no document: they are settings here.
"""

import base64
import hashlib
import hmac
import http.client
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from simulators.servicetitan.tenant import Tenant
from simulators.wire import Clock, dump_json, iso

AGAIN_AFTER = (10, 30, 60, 300)
ALLOWED_SECONDS = 5
SOURCE = "https://webhooks.servicetitan.io"
JOB_TYPES = tuple(
    f"tn.jpm.job-{what}" for what in ("scheduled", "rescheduled", "updated", "completed", "appointment-updated")
)
_NOT_IN_EVENTS = ("customFields", "externalData", "summary")
_CHOICES = {"encoding": ("hex", "base64"), "signed": ("right", "wrong", "none", "tampered", "truncated")}

Send = Callable[[str, dict[str, str], bytes], int | None]


@dataclass(slots=True)
class Settings:
    """Where and how to send. ``url`` empty: nothing is sent. ``prefix`` stands before the signature."""

    url: str = ""
    key: str = field(default="", repr=False)
    header: str = "X-ServiceTitan-Signature"
    encoding: str = "hex"
    prefix: str = ""

    def row(self) -> dict[str, Any]:
        """As JSON, without the key."""
        return {**asdict(self), "key": "set" if self.key else ""}


@dataclass(slots=True)
class Delivery:
    """One event on its way. ``due`` None: delivered, given up or dropped (see ``state``)."""

    number: int
    type: str
    userassignedid: str
    data: dict[str, Any]
    happened: datetime
    due: datetime | None
    signed: str = "right"
    attempts: list[int | None] = field(default_factory=list)
    state: str = "waiting"

    def row(self) -> dict[str, Any]:
        """As JSON; ``attempts`` are the answers' statuses, None for no answer."""
        moments = {"happened": iso(self.happened), "due": iso(self.due) if self.due is not None else None}
        return {**asdict(self), **moments}


def job_data(kind: str, tenant: Tenant, job: int, as_tenant: int | None = None) -> dict[str, Any]:
    """What an event of that type tells about a job: the whole of it, but neither custom fields nor external data.

    An event about an appointment tells the appointment, which names its job by the id alone.
    """
    row = tenant["jobs"].rows[job].data
    shown = {name: value for name, value in row.items() if name not in _NOT_IN_EVENTS}
    number = as_tenant if as_tenant is not None else tenant.number
    if kind == "tn.jpm.job-appointment-updated":
        return {"appointment": _appointment(shown), "tenantId": number, "tenantName": tenant.name}
    plain: dict[str, Any] = {"manageEmployeeEmail": None, "manageFollowUpEmail": None}
    if kind == "tn.jpm.job-rescheduled":
        plain |= {"appointmentId": shown["firstAppointmentId"], "appointmentNumber": f"{shown['jobNumber']}-1"}
    return {"job": shown, **plain, "tenantId": number, "tenantName": tenant.name}


def _appointment(job: dict[str, Any]) -> dict[str, Any]:
    moments = dict.fromkeys(("start", "end", "createdOn", "modifiedOn"), job["modifiedOn"])
    nothing = dict.fromkeys(("arrivalWindowStart", "arrivalWindowEnd", "specialInstructions"))
    return {
        "id": job["firstAppointmentId"],
        "jobId": job["id"],
        "appointmentNumber": f"{job['jobNumber']}-1",
        **moments,
        **nothing,
        "status": "Scheduled",
        "customerId": job["customerId"],
        "unused": False,
        "createdById": job["createdById"],
        "isConfirmed": True,
        "active": True,
    }


class Webhooks:
    """The events of one app: one URL and one key for all tenants."""

    def __init__(self, clock: Clock) -> None:
        self.settings = Settings()
        self.deliveries: list[Delivery] = []
        self._clock = clock
        self._numbers = count(1)

    def configure(self, given: dict[str, Any]) -> dict[str, Any]:
        """Set url, key, header, encoding, prefix. Raises ValueError."""
        unknown = set(given) - {"url", "key", "header", "encoding", "prefix"}
        if unknown or given.get("encoding", "hex") not in _CHOICES["encoding"]:
            raise ValueError(f"unknown webhook settings: {', '.join(unknown) or given['encoding']}")
        for name, value in given.items():
            setattr(self.settings, name, str(value))
        return self.row()

    def row(self) -> dict[str, Any]:
        """As JSON: settings without the key, and all deliveries."""
        return {"settings": self.settings.row(), "deliveries": [it.row() for it in self.deliveries]}

    def happened(self, kind: str, data: dict[str, Any], options: dict[str, Any] | None = None) -> list[Delivery]:
        """Something happened. Options: ``times`` (the same event again, with another delivery id), ``delay`` seconds,
        ``drop`` (never sent), ``signed`` (right, wrong, none; tampered, truncated: other bytes than were signed),
        ``userassignedid``. Raises ValueError."""
        given = options or {}
        if given.get("signed", "right") not in _CHOICES["signed"]:
            raise ValueError(f"signed is one of {', '.join(_CHOICES['signed'])}")
        now = self._clock.now()
        occurrence = given.get("userassignedid") or f"{kind}/{now.timestamp():.6f}/{next(self._numbers)}"
        made = [self._delivery(kind, data, occurrence, given) for _ in range(int(given.get("times", 1)))]
        self.deliveries += made
        return made

    def _delivery(self, kind: str, data: dict[str, Any], occurrence: str, given: dict[str, Any]) -> Delivery:
        now = self._clock.now()
        due = now + timedelta(seconds=float(given.get("delay", 0)))
        made = Delivery(next(self._numbers), kind, occurrence, data, now, due, given.get("signed", "right"))
        if given.get("drop"):
            made.due, made.state = None, "dropped"
        return made

    def due(self, *, backwards: bool = False) -> list[Delivery]:
        """What is to be sent by now, oldest first, or newest first."""
        now = self._clock.now()
        due = [it for it in self.deliveries if it.due is not None and it.due <= now]
        return due[::-1] if backwards else due

    def request(self, delivery: Delivery) -> tuple[str, dict[str, str], bytes]:
        """URL, headers and body of the next attempt; every attempt has an id of its own."""
        body = dump_json(
            {
                "specversion": "1.0",
                "id": f"{delivery.number}-{len(delivery.attempts) + 1}",
                "type": delivery.type,
                "time": iso(delivery.happened),
                "source": SOURCE,
                "userassignedid": delivery.userassignedid,
                "datacontenttype": "application/json",
                "data": delivery.data,
            }
        )
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
        if delivery.signed != "none" and self.settings.key:
            headers[self.settings.header] = self._signature(body, wrong=delivery.signed == "wrong")
        return self.settings.url, headers, _on_the_way(body, delivery.signed)

    def _signature(self, body: bytes, *, wrong: bool) -> str:
        key = self.settings.key + ("wrong" if wrong else "")
        digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
        text = digest.hex() if self.settings.encoding == "hex" else base64.b64encode(digest).decode()
        return self.settings.prefix + text

    def answered(self, delivery: Delivery, status: int | None) -> None:
        """Note an attempt: 2xx ends it, anything else is tried again by the schedule, then given up."""
        delivery.attempts.append(status)
        tried = len(delivery.attempts)
        if status is not None and 200 <= status < 300:
            delivery.due, delivery.state = None, "delivered"
        elif tried > len(AGAIN_AFTER):
            delivery.due, delivery.state = None, "given up"
        else:
            delivery.due = self._clock.now() + timedelta(seconds=AGAIN_AFTER[tried - 1])


def _on_the_way(body: bytes, how: str) -> bytes:
    """The bytes that arrive, where somebody in between changes them after they were signed."""
    if how == "tampered":
        return body.replace(b'"specversion"', b'"specVersion"')
    return body[: len(body) // 2] if how == "truncated" else body


def post(url: str, headers: dict[str, str], body: bytes) -> int | None:
    """Send over HTTP; the answer's status, or None when none came in time."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ALLOWED_SECONDS)
    try:
        connection.request("POST", parts.path or "/", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
