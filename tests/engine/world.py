"""A small world for engine tests: a source and a target in memory, a flow between them, a clock that is set by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from integrations.engine import LeaseLost, Limits, Work, deliver, poll
from integrations.errors import IntegrationError, NeedsPerson, Rejected, Unknown
from integrations.flow import Change, Cursor, Flow, Page, Plan, Row, Sent, Situation, Want, Write
from integrations.models import Connection, Delivery, Sync

BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Time stands still until somebody moves it."""

    now: datetime = BEGINNING

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Lease:
    """A lease that a test can take away."""

    clock: Clock
    fence: int = 1
    seconds: float = 300
    lost: bool = False
    until: datetime = BEGINNING

    def renew(self, now: datetime) -> None:
        if self.lost:
            raise LeaseLost
        self.until = now + timedelta(seconds=self.seconds)

    def hold(self) -> None:
        if self.lost:
            raise LeaseLost


@dataclass
class Schedule:
    """Remembers which syncs were made due."""

    due: list[Any] = field(default_factory=list)

    def make_due(self, sync_ids: Collection[Any], now: datetime) -> None:
        self.due.extend(sync_ids)


@dataclass
class Source:
    """Rows by key; the reader yields them in pages of `page_size`, all of them at every poll."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    page_size: int = 100
    error: Exception | None = None
    reads: int = 0

    def put(self, key: str, stamp: str = "1", **values: Any) -> None:
        self.rows[key] = {"stamp": stamp, **values}


@dataclass
class Target:
    """Records by id, with faults on order for the next writes: "lose" (done, unanswered), or an error to raise."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[Any] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    lag: float = 0  # seconds until a new record is shown
    clock: Clock = field(default_factory=Clock)
    before_send: Callable[[], None] | None = None
    after_send: Callable[[], None] | None = None
    reads: int = 0
    session: Any = field(default_factory=lambda: SimpleNamespace(close=lambda: None))

    def prepare(self) -> None:
        pass

    def renew(self) -> None:
        pass

    def shows(self, key: str) -> bool:
        """Whether a record exists and lists show it already."""
        record = self.records.get(key)
        if record is None or key in self.hidden:
            return False
        return self.clock.now - record.get("born", BEGINNING) >= timedelta(seconds=self.lag)

    def apply(self, write: Write) -> str:
        self.writes.append(write)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, IntegrationError) or (isinstance(fault, BaseException) and not fault.args):
            raise fault
        key = write.key or str(len(self.records) + 1)
        record = self.records.setdefault(key, {"id": key, "marker": write.marker, "born": self.clock.now})
        record.update(write.body)
        if fault == "lose":
            raise Unknown("The connection was closed before an answer came.")
        if fault == "die":
            raise SystemExit("killed")
        if fault == "crash":
            from tests.engine.histories import Crash

            raise Crash
        return key


class Reader:
    def pages(self, client: Source, cursor: Cursor, *, overlap: float, full: bool = False) -> Iterator[Page]:
        client.reads += 1
        keys = sorted(client.rows)
        starts = range(0, max(len(keys), 1), client.page_size)
        for start in starts:
            if client.error:
                raise client.error
            part = keys[start : start + client.page_size]
            changes = tuple(Change(k, client.rows[k]["stamp"], dict(client.rows[k])) for k in part)
            yield Page(changes, {"at": part[-1] if part else ""}, more=start != starts[-1])

    def fetch(self, client: Source, keys: Sequence[str]) -> dict[str, Change]:
        return {k: Change(k, client.rows[k]["stamp"], client.rows[k]) for k in keys if k in client.rows}

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        return 0.0


class Writer:
    def key(self, row: Row) -> str:
        return str(row["id"])

    def fetch(self, client: Target, keys: Sequence[str]) -> dict[str, Row]:
        client.reads += 1
        return {k: dict(client.records[k]) for k in keys if client.shows(k)}

    def send(self, client: Target, write: Write) -> Sent:
        if client.before_send:
            client.before_send()
        key = client.apply(write)
        if client.after_send:
            client.after_send()
        return Sent(key, None)

    def find(self, client: Target, markers: Collection[str], since: datetime) -> dict[str, list[Row]]:
        client.reads += 1
        found: dict[str, list[Row]] = defaultdict(list)
        for record in client.records.values():
            if record["marker"] in markers and client.shows(record["id"]):
                found[record["marker"]].append(record)
        return found

    def directory(self, client: Target) -> list[Row]:
        return list(client.records.values())


class Things(Flow):
    """Rows with a `name`; `parent` names a record of the flow "parents" to wait for, `code` a value to map."""

    name = "things"
    title = "Things"
    service = "things"
    source_system, target_system = "left", "right"
    reader, writer = Reader(), Writer()
    needs: tuple[str, ...] = ("parents",)
    maps: tuple[str, ...] = ("code",)
    options: Mapping[str, Any] = {}
    match_before_create = False

    def record(self, row: Row) -> Row:
        if row.get("broken"):
            raise KeyError("broken")
        return row

    def wants(self, record: Row, options: Mapping[str, Any]) -> tuple[Want, ...]:
        return (Want("link:parents", record["parent"]),) if record.get("parent") else ()

    def plan(self, record: Row, situation: Situation) -> Plan:
        if record.get("refuse"):
            raise NeedsPerson("Somebody has to look at this.")
        body: dict[str, Any] = {"name": record["name"]}
        if record.get("parent"):
            body["parent"] = situation.lookups.linked("parents", record["parent"])
        if record.get("code"):
            body["code"] = situation.lookups.mapped("code", record["code"])
        if situation.current is None or self.is_gone(situation.current):
            return Plan((Write("create", "", body, dict(body), situation.marker),))
        changed = {k: v for k, v in body.items() if situation.current.get(k) != v}
        return Plan((Write("patch", situation.current["id"], changed, dict(body)),)) if changed else Plan()

    def observe(self, row: Row) -> dict[str, Any]:
        return {k: row[k] for k in ("name", "parent", "code") if k in row}

    def is_gone(self, row: Row) -> bool:
        return bool(row.get("gone"))

    def lines(self, row: Row) -> dict[str, str]:
        return {"10": f"{row['id']}-10"}

    def label(self, record: Row) -> str:
        return f"thing {record['name']}"


class Parents(Things):
    name = "parents"
    needs = ()


@dataclass
class World:
    """Everything of one test: `poll()` and `deliver()` act as a worker that holds the lease."""

    clock: Clock = field(default_factory=Clock)
    schedule: Schedule = field(default_factory=Schedule)
    source: Source = field(default_factory=Source)
    target: Target = field(default_factory=Target)
    limits: Limits = field(default_factory=lambda: Limits(call_seconds=10, list_lag_seconds=60, side_by_side=1))
    syncs: dict[str, Sync] = field(default_factory=dict)
    fence: int = 0
    delivering: bool = False
    flows: dict[str, Flow] = field(default_factory=lambda: {"things": Things(), "parents": Parents()})
    answers: Target = field(default_factory=Target)  # the source, for flows that answer to it

    def sync(self, flow: str = "things") -> Sync:
        if flow not in self.syncs:
            sides = [
                Connection.objects.get_or_create(name=name, defaults={"system": name, "environment": "sandbox"})[0]
                for name in ("left", "right")
            ]
            self.syncs[flow] = Sync.objects.create(flow=flow, source=sides[0], target=sides[1])
        return self.syncs[flow]

    def work(self, flow: str = "things", *, lease: Lease | None = None) -> Work:
        self.fence += 1
        lease = lease or Lease(self.clock, self.fence)
        lease.renew(self.clock())
        return Work(
            sync=Sync.objects.select_related("source", "target").get(pk=self.sync(flow).pk),
            flow=self.flows[flow],
            lease=lease,
            schedule=self.schedule,
            clock=self.clock,
            open_source=lambda: self.answers if self.flows[flow].source_writer and self.delivering else self.source,
            open_target=lambda: self.target,
            lookup=lambda client, kind, keys: {},
            limits=self.limits,
        )

    def poll(self, flow: str = "things") -> Any:
        return poll(self.work(flow))

    def deliver(self, flow: str = "things") -> int:
        self.delivering = True
        try:
            return deliver(self.work(flow))
        finally:
            self.delivering = False

    def go(self, flow: str = "things") -> None:
        """One poll and one delivery."""
        self.poll(flow)
        self.deliver(flow)

    def states(self, key: str = "a") -> list[str]:
        """The states of all versions of a record, oldest first."""
        versions = Delivery.objects.filter(source_key=key).order_by("number")
        return [str(state) for state in versions.values_list("state", flat=True)]

    def newest(self, key: str = "a") -> Delivery:
        return Delivery.objects.filter(source_key=key).order_by("-number")[0]


__all__ = ["Lease", "Rejected", "World"]
