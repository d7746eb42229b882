"""A customer's own program that takes events over real HTTP, and a clock that waits for nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django_tenants.utils import schema_context
from standardwebhooks.webhooks import Webhook

from integrations import event_endpoints, event_sending
from integrations.audit import Actor
from integrations.guard import system_lookup
from integrations.models import EventDelivery, EventEndpoint
from simulators.wire import Request, Response
from tenants import schedule
from tenants.models import Customer

BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
OLGA = Actor(kind="person", id="019535d9-3df7-79fb-b466-fa907fa17f9e", label="olga@acme.example.com")


@dataclass
class Clock:
    """Time stands still until somebody moves it."""

    now: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass
class Receiver:
    """What came in, newest last. `answers` are given one after the other, then `usual`."""

    requests: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    usual: Response = field(default_factory=lambda: Response(204))
    on_request: Callable[[], None] | None = None
    url: str = ""

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        if self.on_request:
            self.on_request()
        return self.answers.pop(0) if self.answers else self.usual

    def bodies(self) -> list[Any]:
        return [request.json() for request in self.requests]

    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.requests]


def is_signed(request: Request, secret: str) -> bool:
    """By the library that receivers use. Its clock is not ours, so the age of the timestamp is not looked at."""
    hook = Webhook(secret)
    timestamp = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
    expected = hook.sign(request.headers["webhook-id"], timestamp, request.body.decode())
    return expected in request.headers["webhook-signature"].split(" ")


@dataclass
class Desk:
    """A customer with endpoints. `send()` does what the workers would do now; returns how many claims there were."""

    customer: Customer
    clock: Clock = field(default_factory=Clock)
    lookup: Any = system_lookup

    def add(self, url: str, **more: Any) -> tuple[EventEndpoint, str]:
        with schema_context(self.customer.schema_name):
            return event_endpoints.create(url=url, actor=OLGA, now=self.clock(), lookup=self.lookup, **more)

    def send(self) -> int:
        claims = self.claims()
        for claim in claims:
            event_sending.send_claim(claim, clock=self.clock, lookup=self.lookup)
        return len(claims)

    def claims(self) -> list[schedule.Claim]:
        given: dict[str, Any] = {
            "now": self.clock(),
            "limit": 50,
            "lease_seconds": 300.0,
            "customer_id": self.customer.pk,
        }
        return schedule.claim(kinds=["events"], **given)

    def deliveries(self) -> list[EventDelivery]:
        with schema_context(self.customer.schema_name):
            return list(EventDelivery.objects.select_related("event").order_by("created_at", "event__id"))
