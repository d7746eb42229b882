"""Plays a list of moves on the set, then lets everything come to rest, and says what the promise would forbid."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django_tenants.utils import schema_context

from integrations.engine import is_running
from integrations.models import Attempt, Delivery, Sync
from integrations.retention import purge, set_days
from integrations.seals import seal_customer
from simulators.servicetitan.simulator import ServiceTitan
from tests.faults.campaign import changes as doings
from tests.faults.campaign import checkers, events, harms, outside, people, stage, workings
from tests.faults.campaign.moves import Move, drawn
from tests.faults.campaign.spoiling import FAULTS
from tests.faults.campaign.world import TITAN, Here, Set, stage_set

WORKERS = ("w1", "w2")
METHODS = ("POST", "POST", "PATCH", "GET", "")
ROUNDS = 60
"""So many times something may become due once faults have ended; more would not be a system that comes to rest."""


@dataclass
class History:
    """A history in progress. `billed`: by customer, the orders with an invoice that holds, with its key; `let_go`:
    records of ServiceTitan that people have let go; `again`: how often somebody had to send what; `received`: by
    customer, the orders that people have received, with the time."""

    made: Set
    messages: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    billed: dict[str, dict[str, str]] = field(default_factory=dict)
    let_go: set[tuple[str, str]] = field(default_factory=set)
    again: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    received: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.workers = [stage.hire(name) for name in WORKERS]

    @property
    def titan(self) -> ServiceTitan:
        found = self.made.simulators[TITAN]
        assert isinstance(found, ServiceTitan)
        return found

    def play(self, moves: Sequence[Move]) -> None:
        """One move after the other, then rest. About half of all seeds begin with books that agree."""
        if random.Random(f"{self.made.seed}/begin").random() < self.made.profile.agreed:
            for _ in range(4):
                self._round()
        for move in moves:
            _PLAYERS[move.kind](self, move)
        self._settle()
        self._count()

    def _count(self) -> None:
        """What this history went through, so that a campaign can say that it tried what it claims to try."""
        for here in self.made.worlds.values():
            with schema_context(here.customer.schema_name):
                for kind, outcome, resolution in Attempt.objects.values_list("kind", "outcome", "resolution"):
                    self.made.struck[f"{kind} {outcome} {resolution}".strip()] += 1

    @property
    def is_misread(self) -> bool:
        """Whether an answer held something strange: what came of it may be a person's."""
        return bool(self.made.struck["an unknown word"] or self.made.struck["a null in a member"])

    # The systems

    def fault(self, move: Move) -> None:
        profile = self.made.profile
        names = [name for name in FAULTS if not profile.faults or name.startswith(profile.faults)]
        name = names[move.a % len(names)]
        rule = {"times": profile.times, **FAULTS[name]}
        if "method" not in rule and (method := METHODS[move.b % len(METHODS)]):
            rule["method"] = method
        if profile.hits_creates:
            rule |= {"method": "POST", "path": "/tenant/"}  # signing in is left alone
        if profile.paths and (path := profile.paths[move.c // 8 % len(profile.paths)]):
            rule |= {"method": "", "path": path}
        here = self._here(move.c)
        base = here.servicetitan if move.c % profile.at_sap else here.sap
        self.made.tell(f"to {base[-4:]}, {rule.get('method') or 'a call'}: {name}")
        here.control(base, "faults", [rule])
        self.made.rules.append((name, here.simulators[base].faults.rules[-1]))

    def mangle(self, move: Move) -> None:
        self.made.tell("the next answer holds something strange")
        self.made.mangles.append(move.a)

    def ignore(self, move: Move) -> None:
        self.made.tell("the next change is ignored")
        self.made.ignores.append("next")

    def skew(self, move: Move) -> None:
        here = self._here(move.a)
        base = here.servicetitan if move.b % 2 else here.sap
        seconds = (-2, -1, 1, 2)[move.c % 4]
        self.made.tell(f"the clock of {base[-4:]} moves by {seconds} s")
        self.made.struck["a clock moved"] += 1
        here.control(base, "clock", {"advance": seconds})

    def outside(self, move: Move) -> None:
        here, changes = self._here(move.a), self.made.profile.changes
        name = changes[move.b % len(changes)]
        told = doings.CHANGES[name](self, here, random.Random(move.c))
        if told:
            self.made.tell(f"{here.customer.schema_name}: {told}")
            self.made.struck[f"outside: {name}"] += 1
            paging = any(w.kind == "poll" and not w.is_idle and w.is_at_call for w in self.workers)
            self.made.struck["a change while a source was read"] += paging

    # People

    def person(self, move: Move) -> None:
        here, words = self._here(move.a), self.made.profile.people
        name = words[move.b % len(words)]
        with schema_context(here.customer.schema_name):
            told = people.PEOPLE[name](self, here, random.Random(move.c))
        if told:
            self.made.tell(f"{here.customer.schema_name}: {told}")
            self.made.struck[f"person: {name}"] += 1

    def compare(self, move: Move) -> None:
        here = self._here(move.a)
        with schema_context(here.customer.schema_name):
            self.made.tell(people.compare_books(self, here, random.Random(move.b)))
            self.made.struck["person: reconcile"] += 1

    def seal(self, move: Move) -> None:
        """The audit is sealed beside everything else."""
        here = self._here(move.a)
        with schema_context(here.customer.schema_name):
            sealed = seal_customer(here.customer, clock=self.made.now)
        self.made.tell(f"{sum(sealed.rows.values())} rows are sealed")
        self.made.struck["sealed"] += 1

    def event(self, move: Move) -> None:
        events.arrive(self, move)

    def _here(self, number: int) -> Here:
        worlds = list(self.made.worlds.values())
        return worlds[number % len(worlds)]

    # Rest

    def _settle(self) -> None:
        """No more faults; what waits for a person is taken care of; bounded."""
        self.made.tell("faults end")
        self._faults_end()
        for here in self.made.worlds.values():
            for number in range(4) if self.made.profile.has_webhooks else ():
                outside.job(here, f"J{number}")
            with schema_context(here.customer.schema_name):
                people.take_care(self, here)
        self._rest()
        if not self.is_misread:
            # What was read wrong is put right by the daily read of everything.
            self.problems += [f"{problem}, before the daily read" for problem in checkers.problems(self)]
        self._read_all_again()
        self.problems += checkers.problems(self)

    def _faults_end(self) -> None:
        for name, rule in self.made.rules:
            self.made.struck[name] += rule.hits > 0
        self.made.mangles.clear()
        self.made.ignores.clear()
        for here in self.made.worlds.values():
            here.no_faults()

    def _rest(self) -> None:
        """Rounds until nothing is open; meanwhile people decide what only they can.

        Each flow has to be polled twice: the first poll may only end a look that a dead worker had begun.
        """
        polls, before = Counter[UUID](), self._polled()
        for number in range(ROUNDS):
            self._round()
            now = self._polled()
            polls.update(sync for sync, at in now.items() if at != before.get(sync))
            before = now
            if number < 2 or (number % 3 and self._is_open()) or any(polls[sync] < 2 for sync in now):
                continue
            if not self._people_decide() and not self._is_open():
                break

    def _people_decide(self) -> bool:
        """What nobody but a person can bring to its end; whether there was anything."""
        found = []
        for here in self.made.worlds.values():
            with schema_context(here.customer.schema_name):
                found.append(people.decide(self, here))
        return any(found)

    def _round(self) -> None:
        self.made.pass_time(130)
        if self.made.profile.has_webhooks:
            events.send(self)
        workings.drain(self)

    def _read_all_again(self) -> None:
        """A day later everything has been read in full once more; where it is kept, what is old is removed first."""
        days = 9 if self.made.profile.is_kept else 25 / 24
        self.made.tell("a day passes")
        self.made.pass_time(days * 24 * 3600)
        if self.made.profile.is_kept:
            self._remove_what_is_old()
        for _ in range(3):
            self._round()
        self._rest()

    def _remove_what_is_old(self) -> None:
        for here in self.made.worlds.values():
            with schema_context(here.customer.schema_name):
                seal_customer(here.customer, clock=self.made.now)
                for data in ("payloads", "exchanges", "runs"):
                    with transaction.atomic():
                        set_days(data, 7, actor=people.ANN)
                gone = purge(here.customer, now=self.made.now())
                self.made.struck["old data removed"] += sum(gone.rows.values()) > 0

    def _polled(self) -> dict[UUID, datetime | None]:
        """When each flow that is running was polled."""
        found: dict[UUID, datetime | None] = {}
        for here in self.made.worlds.values():
            with schema_context(here.customer.schema_name):
                syncs = Sync.objects.select_related("source", "target")
                found.update({sync.pk: sync.polled_at for sync in syncs if is_running(sync)})
        return found

    def _is_open(self) -> bool:
        """Whether anything goes on by itself: what only a person can send again does not."""
        for here in self.made.worlds.values():
            with schema_context(here.customer.schema_name):
                is_open = Q(state__in=[*Delivery.OPEN, "behind"]) & ~Q(state="quarantined", due_at=None)
                if Delivery.objects.filter(is_open).exists():
                    return True
        return False


_PLAYERS: dict[str, Callable[[History, Move], None]] = {
    "work": workings.work,
    "tick": workings.tick,
    "time": workings.time,
    "die": workings.die,
    "overtake": workings.overtake,
    "brink": workings.brink,
    "cut": workings.cut,
    "broker": workings.broker,
    "database": harms.database,
    "expire": harms.expire,
    "behind": harms.behind,
    "outside": History.outside,
    "person": History.person,
    "fault": History.fault,
    "mangle": History.mangle,
    "ignore": History.ignore,
    "skew": History.skew,
    "event": History.event,
    "seal": History.seal,
    "compare": History.compare,
}


@dataclass(frozen=True)
class Outcome:
    """What came of a history. `fingerprint` is the SHA-256 of its record, `counts` what happened in it how often."""

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
        history.play(drawn(seed) if moves is None else moves)
        return Outcome(seed, tuple(dict.fromkeys(history.problems)), tuple(made.told), made.struck)
