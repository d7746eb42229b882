"""Seeded histories of the small world: polls, deliveries, changes, people, faults and crashes in any order.

One seed is one history: a virtual clock, a seeded choice of what happens next, no database clock and no sequence.
A crash is raised at a seeded statement, so that it hits between any two of them; what was not committed is gone, and
whoever comes next has to wait until the lease has ended, as in life.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from integrations.engine import LeaseLost, deliver, poll, replay, save_value
from integrations.engine.planning import marker_for
from integrations.errors import Rejected, Throttled, Transient, Unknown
from integrations.models import Attempt, Delivery, Run
from tests.engine.world import Lease, World

FLOWS = ("parents", "things")
LEASE_SECONDS = 300


class Crash(BaseException):
    """The process is gone. Nothing catches it."""


@dataclass
class History:
    """A history in progress; `told` is its story."""

    world: World
    seed: int
    chance: random.Random = field(init=False)
    stamps: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.rows: dict[str, dict[str, dict[str, Any]]] = {flow: {} for flow in FLOWS}
        self.world.target.lag = self.chance.choice([0, 30, 60])
        self.world.target.clock = self.world.clock

    def run(self, steps: int) -> None:
        """Lets `steps` things happen, then ends all faults and waits until everything is quiet."""
        actions: list[tuple[int, Callable[[], None]]] = [
            (6, self._change),
            (5, self._poll),
            (8, self._deliver),
            (3, self._crash),
            (2, self._taken_over),
            (4, self._fault),
            (4, self._pass_time),
            (2, self._person),
        ]
        weights = [weight for weight, _ in actions]
        for _ in range(steps):
            (action,) = self.chance.choices([action for _, action in actions], weights)
            action()
        self._settle()

    def _change(self) -> None:
        flow = self.chance.choice(FLOWS)
        key = self.chance.choice("abcdef") if flow == "things" else self.chance.choice("pq")
        self.stamps[key] += 1
        values: dict[str, Any] = {"name": f"{key}{self.chance.randrange(3)}"}
        if flow == "things" and self.chance.random() < 0.5:
            values["parent"] = self.chance.choice("pq")
        if flow == "things" and self.chance.random() < 0.3:
            values["code"] = self.chance.choice(["K1", "K2"])
        self.rows[flow][key] = {"stamp": str(self.stamps[key]), **values}
        self.told.append(f"{flow} {key} becomes {values}")

    def _poll(self, flow: str = "") -> None:
        flow = flow or self.chance.choice(FLOWS)
        self.world.source.rows = self.rows[flow]
        self.world.source.page_size = self.chance.choice([1, 2, 100])
        self.told.append(f"poll {flow}")
        poll(self.world.work(flow))

    def _deliver(self, flow: str = "") -> None:
        flow = flow or self.chance.choice(FLOWS)
        self.told.append(f"deliver {flow}")
        deliver(self.world.work(flow))

    def _crash(self) -> None:
        """A poll or a delivery dies before a seeded statement, or right before or after a write was done there."""
        act = self.chance.choice([self._poll, self._deliver, self._deliver])
        self.told.append("dies:")
        try:
            if self.chance.random() < 0.3:
                self.world.target.faults.insert(0, self.chance.choice([Crash(), "crash"]))
                act()
            else:
                with _dying_at(self.chance.randrange(1, 40)):
                    act()
        except Crash:
            self.told.append("and is dead")
        self.world.target.faults = [f for f in self.world.target.faults if not _is_crash(f)]
        self.world.clock.advance(LEASE_SECONDS + 1)

    def _taken_over(self) -> None:
        """A worker is paused in mid-send for longer than its lease, another one works, the first goes on."""
        flow = self.chance.choice(FLOWS)
        lease = Lease(self.world.clock)
        self.told.append(f"a worker on {flow} is paused in mid-send")

        def pause() -> None:
            """Its write is done there, and others act before it reads the answer."""
            self.world.target.after_send = None
            lease.lost = True
            for seconds in (LEASE_SECONDS + 1, self.chance.choice([1, 100, 200])):
                self.world.clock.advance(seconds)
                self._deliver(flow)

        usual = self.world.limits
        self.world.limits = replace(usual, batch=1)  # one call at a time is made in this very thread
        self.world.target.after_send = pause
        try:
            deliver(self.world.work(flow, lease=lease))
        except LeaseLost:
            self.told.append("and was taken over")
        finally:
            self.world.target.after_send = None
            self.world.limits = usual

    def _fault(self) -> None:
        faults = [
            "lose",
            Unknown("No answer."),
            Transient("503"),
            Throttled("429", retry_after=20),
            Rejected("No."),
        ]
        fault = self.chance.choice(faults)
        self.told.append(f"the next write meets {fault!r}")
        self.world.target.faults.append(fault)

    def _pass_time(self) -> None:
        seconds = self.chance.choice([1, 20, 61, 130, 400])
        self.told.append(f"{seconds} s pass")
        self.world.clock.advance(seconds)

    def _person(self) -> None:
        if self.chance.random() < 0.5:
            code, value = self.chance.choice(["K1", "K2"]), str(self.chance.randrange(3))
            self.told.append(f"somebody maps {code} to {value}")
            save_value("code", code, value, by="person", schedule=self.world.schedule, now=self.world.clock())
            return
        known = list(Delivery.objects.order_by("source_key").values_list("sync__flow", "source_key").distinct())
        if known:
            flow, key = self.chance.choice(known)
            self.told.append(f"somebody replays {flow} {key}")
            replay(self.world.sync(flow), key, by="person", schedule=self.world.schedule, now=self.world.clock())

    def _settle(self) -> None:
        """No more faults; what a person refused or mapped is taken care of; bounded."""
        self.told.append("faults end")
        self.world.target.faults = []
        for code in ("K1", "K2"):
            save_value("code", code, "7", by="person", schedule=self.world.schedule, now=self.world.clock())
        for key in ("p", "q"):
            self.rows["parents"].setdefault(key, {"stamp": "1", "name": key})
        for _ in range(12):
            self.world.clock.advance(1000)
            for delivery in Delivery.objects.filter(state="quarantined").select_related("sync"):
                replay(
                    delivery.sync,
                    delivery.source_key,
                    by="person",
                    schedule=self.world.schedule,
                    now=self.world.clock(),
                )
            for flow in FLOWS:
                self._poll(flow)
                self._deliver(flow)

    def problems(self) -> list[str]:
        """Everything that the promise forbids, in plain words."""
        found = [f"{d.source_key} #{d.number} is still {d.state}" for d in _unfinished()]
        records = Counter(record["marker"] for record in self.world.target.records.values())
        for flow in FLOWS:
            for key, row in self.rows[flow].items():
                marker = marker_for(flow, key, 1)
                if records[marker] != 1:
                    found.append(f"{flow} {key} exists {records[marker]} times")
                there = [r for r in self.world.target.records.values() if r["marker"] == marker]
                found += [f"{flow} {key} is {r['name']}, not {row['name']}" for r in there if r["name"] != row["name"]]
        unresolved = Attempt.objects.filter(kind="write", outcome="unknown", resolution="").count()
        found += [f"{unresolved} writes were never looked for"] if unresolved else []
        found += [
            f"a run of {r.read} rows counts {r.open} as open" for r in Run.objects.exclude(state="failed") if r.open
        ]
        return found


def _unfinished() -> list[Delivery]:
    return list(Delivery.objects.filter(state__in=[*Delivery.OPEN, "behind"]))


def _is_crash(fault: object) -> bool:
    return isinstance(fault, Crash) or fault == "crash"


@contextmanager
def _dying_at(number: int) -> Iterator[None]:
    """The process dies before its n-th statement."""
    left = number

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise Crash
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield
