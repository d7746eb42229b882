"""Plays a list of moves on the set, then lets everything come to rest, and says what the promise would forbid."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django_tenants.utils import schema_context

from integrations.connections import ping
from integrations.engine import replay, save_value
from integrations.models import Attempt, Connection, Delivery
from integrations.running import CustomerSchedule, run_claim
from tenants import schedule
from tests.faults.campaign import checkers, stage
from tests.faults.campaign.moves import Move, drawn
from tests.faults.campaign.world import READ_SECONDS, Here, Set, stage_set

MOVES = 140
LEASE_SECONDS = 300
WORKERS = ("w1", "w2")
ROUNDS = 60
"""So many times something may become due once faults have ended; more would not be a system that comes to rest."""

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "lose_answer"},
    {"kind": "lose_answer"},
    {"kind": "reset"},
    {"kind": "delay", "seconds": READ_SECONDS + 20},
    {"kind": "delay", "seconds": 5},
    {"kind": "stall", "seconds": READ_SECONDS + 1, "commit": True},
    {"kind": "status", "status": 503, "commit": False},
    {"kind": "status", "status": 502, "commit": True},
    {"kind": "status", "status": 500, "commit": True},
    {"kind": "throttle", "seconds": 20, "shape": "retry-after"},
    {"kind": "throttle", "seconds": 20, "shape": "title"},
    {"kind": "throttle", "seconds": 20, "shape": "message"},
    {"kind": "throttle", "seconds": 20, "shape": "bare"},
    {"kind": "truncate"},
    {"kind": "malformed"},
    {"kind": "html", "status": 503, "commit": True},
    {"kind": "html", "status": 502, "commit": False},
    {"kind": "revoke_token"},
)
METHODS = ("POST", "POST", "PATCH", "GET", "")
PAUSES = (1, 2, 5, 15, 60, 400)
TIMES = (0.001, 0.02, 1, 1, 20, 20, 61, 61, 130, 240, 310, 700, 4000)


@dataclass
class History:
    """A history in progress."""

    set: Set
    messages: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.workers = [stage.hire(name) for name in WORKERS]

    def play(self, moves: Sequence[Move]) -> None:
        """One move after the other, then rest. Half of all seeds begin with books that agree."""
        if self.set.seed % 2:
            for number in range(4):
                self._round(number)
        for move in moves:
            _PLAYERS[move.kind](self, move)
        self._settle()
        self.problems += checkers.problems(self.set)
        self._count()

    def _count(self) -> None:
        """What this history went through, so that a campaign can say that it tried what it claims to try."""
        for here in self.set.worlds.values():
            with schema_context(here.customer.schema_name):
                for kind, outcome, resolution in Attempt.objects.values_list("kind", "outcome", "resolution"):
                    self.counts[f"{kind} {outcome} {resolution}".strip()] += 1

    # The platform

    def tick(self, move: Move) -> None:
        claims = schedule.claim(now=self.set.now(), limit=200, lease_seconds=LEASE_SECONDS)
        self.messages += [claim.as_message() for claim in claims]
        self.set.tell(f"a tick claims {len(claims)}")

    def work(self, move: Move) -> None:
        worker = self.workers[move.a % len(self.workers)]
        if worker.is_idle:
            if not self.messages:
                return
            self._take(worker, self.messages.pop(move.b % len(self.messages)))
        self._go_on(worker, PAUSES[move.c % len(PAUSES)])

    def _take(self, worker: stage.Worker, message: dict[str, Any]) -> None:
        claim = schedule.Claim.from_message(message)
        self.set.tell(f"{worker.name} takes {claim.kind} of {claim.schema_name}, fence {claim.fence}")
        worker.begin(lambda: run_claim(claim, clock=self.set.now))

    def _go_on(self, worker: stage.Worker, pauses: int) -> None:
        for _ in range(pauses):
            if worker.is_idle:
                break
            worker.step()
        if worker.is_idle and worker.failure:
            self.set.tell(f"{worker.name} ends: {worker.failure}")
            self.counts["killed" if worker.failure == "killed" else "failed"] += 1
            if worker.failure != "killed" and "connection" not in worker.failure:
                self.problems.append(f"a worker failed with {worker.failure}")
            worker.failure = ""

    def die(self, move: Move) -> None:
        worker = self.workers[move.a % len(self.workers)]
        if worker.is_idle:
            return
        statements = None if move.b % 2 else 1 + move.c % 30
        self.set.tell(f"{worker.name} dies {'here' if statements is None else f'before statement {statements}'}")
        worker.die(statements)
        self._go_on(worker, 10_000)

    def overtake(self, move: Move) -> None:
        slow, other = self.workers[move.a % 2], self.workers[(move.a + 1) % 2]
        if slow.is_idle or not other.is_idle:
            return
        self.set.tell(f"{slow.name} stands still")
        self.set.pass_time(LEASE_SECONDS + (1, 100, 250)[move.b % 3])
        self.tick(move)
        while self.messages:
            self._take(other, self.messages.pop(0))
            self._go_on(other, 100_000)

    def cut(self, move: Move) -> None:
        worker = self.workers[move.a % len(self.workers)]
        if not worker.is_idle:
            self.set.tell(f"the database closes the connection of {worker.name}")
            worker.cut_off(1 + move.b % 20)
            self._go_on(worker, 10_000)

    def broker(self, move: Move) -> None:
        if not self.messages:
            return
        if move.a % 3 == 0:
            self.set.tell("the broker loses everything")
            self.messages.clear()
        elif move.a % 3 == 1:
            self.set.tell("a message comes twice")
            self.messages.append(self.messages[move.b % len(self.messages)])
        else:
            random.Random(move.b).shuffle(self.messages)

    def time(self, move: Move) -> None:
        seconds = TIMES[move.a % len(TIMES)]
        self.set.tell(f"{seconds} s pass")
        self.set.pass_time(seconds)

    # The systems

    def fault(self, move: Move) -> None:
        rule = {**FAULTS[move.a % len(FAULTS)], "times": 1}
        if method := METHODS[move.b % len(METHODS)]:
            rule["method"] = method
        here = self._here(move.c)
        base = here.servicetitan if move.c % 4 else here.sap
        self.set.tell(f"the next {method or 'call'} to {base[-4:]} meets {rule['kind']}")
        here.control(base, "faults", [rule])

    def mangle(self, move: Move) -> None:
        self.set.tell("the next answer holds something strange")
        self.set.mangles.append(move.a)
        self.counts["mangled"] += 1

    def skew(self, move: Move) -> None:
        here = self._here(move.a)
        base = here.servicetitan if move.b % 2 else here.sap
        seconds = (-2, -1, 1, 2)[move.c % 4]
        self.set.tell(f"the clock of {base[-4:]} moves by {seconds} s")
        here.control(base, "clock", {"advance": seconds})

    def sap(self, move: Move) -> None:
        here = self._here(move.a)
        orders = [row["PurchaseOrder"] for row in here.control(here.sap, "state")["PurchaseOrder"]]
        order, kind = orders[move.b % len(orders)], move.c % 8
        stamp = {}
        if move.c % 5 == 0:
            # Committed late: it becomes visible with a stamp that lies behind.
            stamp = {"stamp": (self.set.now() - timedelta(seconds=20)).isoformat(timespec="milliseconds")}
        if kind < 3:
            what = {"OrderQuantity": str(1 + move.c % 9)}
            here.change("PurchaseOrderItem", [order, "10"], what, **stamp)
        elif kind < 5:
            what = {"NetPriceAmount": f"{1 + move.c % 50}.50"}
            here.change("PurchaseOrderItem", [order, "10"], what, **stamp)
        elif kind == 5:
            what = {"PurchaseOrderDeletionCode": "L" if move.c % 2 else ""}
            here.change("PurchaseOrder", order, what, **stamp)
        else:
            partners = [row["BusinessPartner"] for row in here.control(here.sap, "state")["BusinessPartner"]]
            order, what = partners[move.b % len(partners)], {"OrganizationBPName1": f"Supplier {move.c % 1000}"}
            here.change("BusinessPartner", order, what)
        self.set.tell(f"SAP of {here.customer.schema_name}: {order} becomes {what}")

    def titan(self, move: Move) -> None:
        here = self._here(move.a)
        orders = [row for row in here.titan("purchase-orders") if row["status"] == "Pending"]
        if not orders:
            return
        order = orders[move.b % len(orders)]
        self.set.tell(f"somebody edits order {order['id']} in ServiceTitan")
        here.edit("purchase-orders", str(order["id"]), summary=f"{order['summary']} edited")

    # People

    def person(self, move: Move) -> None:
        here = self._here(move.a)
        with schema_context(here.customer.schema_name):
            known = list(Delivery.objects.order_by("created_at", "id").select_related("sync"))
            if move.b % 3 == 0 or not known:
                self._map(here)
            else:
                chosen = known[move.c % len(known)]
                self.set.tell(f"somebody replays {chosen.sync.flow} {chosen.source_key}")
                plan = CustomerSchedule(here.customer.pk)
                replay(chosen.sync, chosen.source_key, by="person", schedule=plan, now=self.set.now())

    def _map(self, here: Here) -> None:
        unit = next(row["id"] for row in here.titan("business-units") if row.get("accountCode") == "10101101")
        self.set.tell(f"somebody of {here.customer.schema_name} maps cost center 10101102")
        plan = CustomerSchedule(here.customer.pk)
        save_value("cost-center", "10101102", str(unit), by="person", schedule=plan, now=self.set.now())

    def _here(self, number: int) -> Here:
        worlds = list(self.set.worlds.values())
        return worlds[number % len(worlds)]

    # Rest

    def _settle(self) -> None:
        """No more faults; what waits for a person is taken care of; bounded."""
        self.set.tell("faults end")
        self.set.mangles.clear()
        for here in self.set.worlds.values():
            here.no_faults()
            with schema_context(here.customer.schema_name):
                self._map(here)
                for account in Connection.objects.filter(state="paused").order_by("name"):
                    self.set.tell(f"somebody of {here.customer.schema_name} pings {account.name}")
                    ping(account, here.customer, now=self.set.now())
        for number in range(ROUNDS):
            self._round(number)
            if number > 2 and not self._is_open():
                break
        if not self.counts["mangled"]:  # what was read wrong is put right by the daily read of everything
            self.problems += [f"{problem}, before the daily read" for problem in checkers.problems(self.set)]
        self._read_all_again()

    def _round(self, number: int) -> None:
        self.set.pass_time(130)
        for here in self.set.worlds.values():
            with schema_context(here.customer.schema_name):
                for stuck in Delivery.objects.filter(state="quarantined").order_by("id").select_related("sync"):
                    plan = CustomerSchedule(here.customer.pk)
                    replay(stuck.sync, stuck.source_key, by="person", schedule=plan, now=self.set.now())
        self._drain()

    def _drain(self) -> None:
        self.tick(Move("tick", 0, 0, 0))
        for worker in self.workers:
            self._go_on(worker, 100_000)
        while self.messages:
            self._take(self.workers[0], self.messages.pop(0))
            self._go_on(self.workers[0], 100_000)

    def _read_all_again(self) -> None:
        """A day later everything has been read in full once more."""
        self.set.tell("a day passes")
        self.set.pass_time(25 * 3600)
        for number in range(8):
            self._round(number)

    def _is_open(self) -> bool:
        for here in self.set.worlds.values():
            with schema_context(here.customer.schema_name):
                if Delivery.objects.filter(state__in=[*Delivery.OPEN, "behind"]).exists():
                    return True
        return False


_PLAYERS: dict[str, Callable[[History, Move], None]] = {
    name: getattr(History, name)
    for name in (
        "tick",
        "work",
        "die",
        "overtake",
        "cut",
        "broker",
        "time",
        "fault",
        "mangle",
        "skew",
        "sap",
        "titan",
        "person",
    )
}


@dataclass(frozen=True)
class Outcome:
    """What came of a history. `fingerprint` is the SHA-256 of its record."""

    seed: int
    problems: tuple[str, ...]
    told: tuple[str, ...]
    counts: Counter[str]

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256("\n".join(self.told).encode()).hexdigest()


def play(seed: int, moves: Sequence[Move] | None = None) -> Outcome:
    """The history of a seed, or of other moves on the set of that seed."""
    with stage_set(seed) as made:
        history = History(made)
        history.play(drawn(seed, MOVES) if moves is None else moves)
        return Outcome(seed, tuple(history.problems), tuple(made.told), history.counts)
