"""What the engine is handed: a sync with its flow, a lease, a clock, and ways to reach both systems."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import InterfaceError, InternalError, OperationalError, connection, transaction

from integrations.engine.bulk import Stored
from integrations.errors import IntegrationError
from integrations.flow import Flow, Row
from integrations.mapping_rules import Table
from integrations.models import Sync

REFUSED = "refused"
"""The code of a delivery that is planned again because the target refused its create (`Flow.sees_refusals`)."""

LEDGER_LOCK = 0x6C656467  # "ledg": the advisory lock class of ledger transactions


DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)
"""The database is gone, full, read-only or refuses this transaction: no mistake of ours, and nothing can be noted. The
task ends; whoever has the lease next goes on from what was committed."""


class LeaseLost(Exception):
    """Another worker has taken this sync over; nothing more may be written under the old lease."""


class Lease(Protocol):
    """The right to work on one sync, fenced by a number that grows with every claim."""

    @property
    def fence(self) -> int: ...

    @property
    def until(self) -> datetime: ...

    def renew(self, now: datetime) -> None:
        """Prolongs the lease by its full length from `now`. Raises LeaseLost."""
        ...

    def hold(self) -> None:
        """Inside a transaction: locks the lease until its end. Raises LeaseLost."""
        ...


class Schedule(Protocol):
    """The schedule index of all customers, as far as the engine needs it."""

    def make_due(self, sync_ids: Collection[UUID], now: datetime) -> None:
        """Deliveries of these syncs are due now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one task. Seconds are wall-clock seconds.

    `call_seconds` is the longest time one call to the target can take, `list_lag_seconds` how late its lists
    may show a write, `task_seconds` when a task stops taking new batches.
    """

    batch: int = 50
    side_by_side: int = 4
    call_seconds: float = 120
    list_lag_seconds: float = 180
    task_seconds: float = 30


def _no_rows(client: Any, kind: str, keys: Sequence[str]) -> Mapping[str, Row]:
    raise LookupError(f"nobody answers {kind} at the source")


@dataclass(slots=True, kw_only=True)
class Work:
    """One task's work on one sync. Clients are opened when first needed.

    `notes_later`: whoever does the work writes what an idle poll notes (`Polled.note`) when it releases the claim.
    `assumed` are value maps as they might be, by name, for a preview of what they would bring.
    """

    sync: Sync
    flow: Flow
    lease: Lease
    schedule: Schedule
    clock: Callable[[], datetime]
    open_source: Callable[[], Any]
    open_target: Callable[[], Any]
    lookup: Callable[[Any, str, Sequence[str]], Mapping[str, Row]]
    lookup_source: Callable[[Any, str, Sequence[str]], Mapping[str, Row]] = _no_rows
    limits: Limits = field(default_factory=Limits)
    notes_later: bool = False
    assumed: Mapping[str, Table] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def source(self) -> Any:
        """The source system's client."""
        if "source" not in self._clients:
            self._clients["source"] = self.open_source()
        return self._clients["source"]

    @property
    def target(self) -> Any:
        """The target system's client."""
        if "target" not in self._clients:
            self._clients["target"] = self.open_target()
        return self._clients["target"]

    @property
    def opened(self) -> Mapping[str, Any]:
        """The clients that were opened so far: "source", "target"."""
        return self._clients

    def close(self) -> None:
        """Closes the connections of the clients that were opened."""
        for client in self._clients.values():
            client.session.close()
        self._clients.clear()

    @property
    def options(self) -> dict[str, Any]:
        """The flow's options with the customer's choices over the defaults."""
        return {**self.flow.options, **self.sync.options}


@contextmanager
def ledger(lease: Lease | None = None) -> Iterator[None]:
    """A ledger transaction: the only place where deliveries, steps, attempts and links change.

    Ledger transactions of one customer run one after the other (an advisory lock, held until commit), so that
    a link that appears and a delivery that begins to wait for it always see each other. They are short and
    never contain a remote call. With a lease, a worker that was taken over cannot commit.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [LEDGER_LOCK])
        if lease is not None:
            lease.hold()
        yield


@contextmanager
def asking(side: str) -> Iterator[None]:
    """Errors of what is asked inside come from this side."""
    try:
        yield
    except IntegrationError as error:
        error.side = side
        raise


def stored(row: Row) -> Stored:
    """The row with its JSON as it is stored: without what PostgreSQL keeps in none, NUL and halves of surrogates."""
    text = canonical(row)
    if "\\u0000" not in text and _is_whole(text):
        return Stored(row, text)
    clean = {str(_storable(name)): _storable(value) for name, value in row.items()}
    return Stored(clean, canonical(clean))


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {str(_storable(name)): _storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(each) for each in value]
    return value


def canonical(row: Mapping[str, Any]) -> str:
    """JSON that two equal rows have alike."""
    return _CANONICAL.encode(row)


def digest(row: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a row."""
    return hashlib.sha256((row.text if type(row) is Stored else canonical(row)).encode()).hexdigest()


_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str, check_circular=False
)


def backoff(key: str, tries: int, *, first: float = 10, longest: float = 900) -> float:
    """Seconds until the next try: doubling, with a jitter of up to a quarter that depends only on key and try."""
    seconds: float = min(first * 2 ** min(tries, 12), longest)
    jitter = int.from_bytes(hashlib.sha256(f"{key}:{tries}".encode()).digest()[:4], "big") / 2**32
    return seconds * (1 + jitter / 4)
