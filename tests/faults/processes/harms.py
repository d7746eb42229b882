"""What is done to the processes: killed, stopped for longer than a lease and let go on, emptied, started anew."""

from __future__ import annotations

import itertools
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devservices import postgres, valkey
from devservices.process_identity import wait_until_gone
from tests.faults.processes.stage import INSTANCE, QUICK, WORKERS, Stage

LONGER_THAN_A_LEASE = float(QUICK["LEASE_SECONDS"]) + 2
KINDS = ("workers", "beat", "broker", "database")
ORDERS = tuple(itertools.permutations(KINDS))
"""Every order in which the four kinds of processes can be started anew."""

RESTARTS = 3
"""Orders of `ORDERS` that each run of a full size takes, so that eight seeds in a row take all of them."""


@dataclass(frozen=True)
class Harm:
    """One thing that is done, in words, and the doing."""

    name: str
    do: Callable[[Stage, random.Random], None]


def deck(seed: int, chance: random.Random, *, times: int) -> list[Harm]:
    """Every harm so many times, and some orders of starting anew, shuffled."""
    restarts = [ORDERS[(seed * RESTARTS + place) % len(ORDERS)] for place in range(RESTARTS)]
    cards = [*HARMS * times, *(_restart(order) for order in restarts)]
    chance.shuffle(cards)
    return cards


def pids(name: str, stage: Stage) -> list[int]:
    """The processes of the database or the broker."""
    if name == "broker":
        return [pid for pid in [valkey.running(INSTANCE)] if pid]
    parent = postgres.running(INSTANCE)
    return [parent, *_children(parent)] if parent else []


def _children(parent: int) -> list[int]:
    """PostgreSQL gives every process of its own a group of its own, so they are found by their parent."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def _signal(name: str, number: signal.Signals, stage: Stage) -> None:
    for pid in pids(name, stage):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _kill_service(name: str, *, gap: float = 3.0) -> Callable[[Stage, random.Random], None]:
    def do(stage: Stage, chance: random.Random) -> None:
        (pid, *_) = pids(name, stage)
        stage.out.add(name)
        os.kill(pid, signal.SIGKILL)
        wait_until_gone(pid, patience=10)
        stage.wait(chance.uniform(0, gap))
        stage.start(name)

    return do


def _stop_service(name: str) -> Callable[[Stage, random.Random], None]:
    def do(stage: Stage, chance: random.Random) -> None:
        _signal(name, signal.SIGSTOP, stage)
        stage.wait(LONGER_THAN_A_LEASE)
        _signal(name, signal.SIGCONT, stage)

    return do


def _kill_program(kind: str) -> Callable[[Stage, random.Random], None]:
    def do(stage: Stage, chance: random.Random) -> None:
        program = chance.choice(stage.programs(kind))
        if stage.supervisor.alive(program):
            stage.supervisor.kill(program)
        stage.wait(chance.uniform(0, 2))
        stage.launch(program)

    return do


def _stop_program(kind: str) -> Callable[[Stage, random.Random], None]:
    def do(stage: Stage, chance: random.Random) -> None:
        program = chance.choice(stage.programs(kind))
        stage.supervisor.send(program, signal.SIGSTOP)
        stage.wait(LONGER_THAN_A_LEASE)
        if stage.supervisor.alive(program):
            stage.supervisor.send(program, signal.SIGCONT)

    return do


def _kill_one_session(stage: Stage, chance: random.Random) -> None:
    """SIGKILL of one session: PostgreSQL ends all others and recovers by itself."""
    parent = postgres.running(INSTANCE)
    sessions = [pid for pid in _children(parent) if b" postgres " in Path(f"/proc/{pid}/cmdline").read_bytes()]
    if sessions:
        os.kill(chance.choice(sorted(sessions)), signal.SIGKILL)


def _kill_all_workers(stage: Stage, chance: random.Random) -> None:
    for program in WORKERS:
        if stage.supervisor.alive(program):
            stage.supervisor.kill(program)
    for program in WORKERS:
        stage.launch(program)


def _empty_broker(stage: Stage, chance: random.Random) -> None:
    valkey.empty(INSTANCE)


def _restart(order: tuple[str, ...]) -> Harm:
    """Everything is ended in this order and started again in this order, asked to end or killed."""

    def do(stage: Stage, chance: random.Random) -> None:
        polite = chance.random() < 0.5
        for name in order:
            stage.out.add(name)
            _end(name, stage, polite=polite)
        for name in order:
            stage.start(name)

    return Harm(f"start anew: {', '.join(order)}", do)


def _end(name: str, stage: Stage, *, polite: bool) -> None:
    if name in ("broker", "database"):
        service = valkey if name == "broker" else postgres
        pid = service.running(INSTANCE)
        if polite:
            service.stop(INSTANCE)
        elif pid:
            os.kill(pid, signal.SIGKILL)
            wait_until_gone(pid, patience=10)
        return
    for program in stage.programs(name):
        if stage.supervisor.alive(program) and polite:
            stage.supervisor.stop(program)
        elif stage.supervisor.alive(program):
            stage.supervisor.kill(program)


HARMS = (
    Harm("kill a worker", _kill_program("workers")),
    Harm("kill all workers", _kill_all_workers),
    Harm("stop a worker", _stop_program("workers")),
    Harm("kill beat", _kill_program("beat")),
    Harm("stop beat", _stop_program("beat")),
    Harm("kill the broker", _kill_service("broker")),
    Harm("stop the broker", _stop_service("broker")),
    Harm("empty the broker", _empty_broker),
    Harm("kill PostgreSQL", _kill_service("database")),
    Harm("kill one session of PostgreSQL", _kill_one_session),
    Harm("stop PostgreSQL", _stop_service("database")),
)
