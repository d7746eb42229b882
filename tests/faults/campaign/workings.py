"""Moves of the platform: beats, workers and what befalls them, the broker, time."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from django.db import connection

from integrations import inbound_reading, jobs
from integrations.running import run_claim
from tenants import schedule
from tests.faults.campaign import stage
from tests.faults.campaign.moves import Move

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

LEASE_SECONDS = 300
PAUSES = (1, 2, 5, 15, 60, 400)
TIMES = (0.001, 0.02, 1, 1, 20, 20, 61, 61, 130, 240, 310, 700, 4000)
REFUSALS = {"40P01": "a deadlock", "40001": "a serialization failure", "53100": "a full disk"}
REFUSED = ("OperationalError: injected", "InternalError: current transaction is aborted")
"""How a task ends that was refused; the second where the statement set the search path, which nobody minds alone."""
WORK = {"inbound": inbound_reading.run_claim, "job": jobs.run_claim}


def tick(h: History, move: Move) -> None:
    """What is due is claimed; now and then by two beats one after the other, of which the second finds nothing."""
    for again in range(2 if move.a % 5 == 0 else 1):
        claims = schedule.claim(now=h.made.now(), limit=200, lease_seconds=LEASE_SECONDS)
        h.messages += [claim.as_message() for claim in claims]
        h.made.tell(f"a tick claims {len(claims)}")
        if again:
            h.made.struck["a second tick"] += 1
            h.problems += ["two ticks claimed the same work"] if claims else []


def work(h: History, move: Move) -> None:
    worker = h.workers[move.a % len(h.workers)]
    if worker.is_idle:
        if not h.messages:
            return
        take(h, worker, h.messages.pop(move.b % len(h.messages)))
    go_on(h, worker, PAUSES[move.c % len(PAUSES)])


def take(h: History, worker: stage.Worker, message: dict[str, Any]) -> None:
    """A worker takes a message; nothing of it is done yet."""
    claim = schedule.Claim.from_message(message)
    h.made.tell(f"{worker.name} takes {claim.kind} of {claim.schema_name}, fence {claim.fence}")
    worker.kind = claim.kind
    worker.begin(lambda: WORK.get(claim.kind, run_claim)(claim, clock=h.made.now))


def go_on(h: History, worker: stage.Worker, pauses: int) -> str:
    """So many pauses, or to the end; what the work failed with, "" for nothing."""
    for _ in range(pauses):
        if worker.is_idle:
            break
        worker.step()
    failure, worker.failure = worker.failure, ""
    if worker.refused:
        h.made.struck[f"in a transaction: {REFUSALS[worker.refused]}"] += 1
        worker.refused = ""
    if worker.is_idle and failure:
        h.made.tell(f"{worker.name} ends: {failure}")
        if "connection" in failure:
            h.made.struck["a connection to the database cut"] += 1
        elif failure != "killed" and not (worker.was_refused and failure.startswith(REFUSED)):
            h.problems.append(f"a worker failed with {failure}")
    return failure


def die(h: History, move: Move) -> None:
    worker = h.workers[move.a % len(h.workers)]
    if worker.is_idle and move.c % 2:
        # While it saves what it has read: a few statements of a second or so, which chance alone seldom hits.
        h.outside(move)
        h.made.pass_time(121)
        tick(h, Move("tick", 1, 0, 0))
        busy(h, worker, "poll")
    if worker.is_idle:
        return
    statements = None if move.b % 3 == 0 else 1 + move.c % 30
    h.made.tell(f"{worker.name} dies {'here' if statements is None else f'before statement {statements}'}")
    word = "before a statement" if statements else "beside a call" if worker.is_at_call else "between statements"
    worker.die(statements)
    h.made.struck[f"a worker killed {word}"] += go_on(h, worker, 10_000) == "killed"


def overtake(h: History, move: Move) -> None:
    """A worker stands still, mostly right after a write has left it, and others do its work meanwhile."""
    slow, other = h.workers[move.a % 2], h.workers[(move.a + 1) % 2]
    if slow.is_idle and move.b % 2:
        _bring_work(h, slow, move)
    busy(h, slow)
    if slow.is_idle or not other.is_idle:
        return
    if move.c % 4 and not _is_at_a_write(h, slow):
        return
    h.made.tell(f"{slow.name} stands still")
    h.made.struck["a worker stood still for longer than its lease"] += 1
    for _ in range(1 + move.c % 2):
        h.made.pass_time(LEASE_SECONDS + (1, 100, 250)[move.b % 3])
        tick(h, move)
        while h.messages:
            take(h, other, h.messages.pop(0))
            go_on(h, other, 100_000)


def brink(h: History, move: Move) -> None:
    """A worker is held up, sends a write in the last moment of its lease, and dies; another one comes when it is over.

    Whoever looks for what was sent as soon as the lease is over does not see it in lists that lag.
    """
    slow, other = h.workers[move.a % 2], h.workers[(move.a + 1) % 2]
    if not other.is_idle:
        return
    if slow.is_idle:
        _bring_work(h, slow, move)
    for _ in range(400):
        if slow.is_idle or slow.is_before_write:
            break
        slow.step()
    if slow.is_idle:
        return
    held = (120, 200, 250)[move.b % 3]
    h.made.tell(f"{slow.name} is held up for {held} s, sends and dies")
    h.made.pass_time(held)
    slow.step()
    if not slow.is_idle:
        slow.die()
    go_on(h, slow, 10_000)
    h.made.struck["a write in the last moment of a lease"] += 1
    h.made.pass_time(LEASE_SECONDS + 1 - held)
    tick(h, Move("tick", 1, 0, 0))
    while h.messages:
        take(h, other, h.messages.pop(0))
        go_on(h, other, 100_000)


def _bring_work(h: History, worker: stage.Worker, move: Move) -> None:
    """Something changes outside, is polled, and this worker takes what has to be delivered."""
    h.outside(move)
    h.made.pass_time(121)
    for _ in range(2):
        tick(h, Move("tick", 1, 0, 0))
        for message in [message for message in h.messages if message["kind"] == "poll"]:
            h.messages.remove(message)
            take(h, worker, message)
            go_on(h, worker, 100_000)
    busy(h, worker)


def busy(h: History, worker: stage.Worker, kind: str = "deliver") -> None:
    """An idle worker takes some work of that kind, if there is any."""
    message = next((message for message in h.messages if message["kind"] == kind), None)
    if worker.is_idle and message:
        h.messages.remove(message)
        take(h, worker, message)


def _is_at_a_write(h: History, worker: stage.Worker) -> bool:
    """Goes on to where a write has left the worker and its answer was not read yet; False if its work ends before."""
    for _ in range(400):
        before = len(h.made.told)
        worker.step()
        written = any(f"{worker.name}: {word}" in line for line in h.made.told[before:] for word in ("POST", "PATCH"))
        if worker.is_idle or (written and "token" not in h.made.told[-1]):
            break
    go_on(h, worker, 0)
    return not worker.is_idle


def cut(h: History, move: Move) -> None:
    worker = h.workers[move.a % len(h.workers)]
    if not worker.is_idle:
        h.made.tell(f"the database closes the connection of {worker.name}")
        worker.cut_off(1 + move.b % 20)
        go_on(h, worker, 10_000)


def broker(h: History, move: Move) -> None:
    if not h.messages:
        return
    if move.a % 3 == 0:
        h.made.tell("the broker loses everything")
        h.made.struck["messages lost"] += 1
        h.messages.clear()
    elif move.a % 3 == 1:
        h.made.tell("a message comes twice")
        h.made.struck["a message twice"] += 1
        h.messages.append(h.messages[move.b % len(h.messages)])
    elif len(h.messages) > 1:
        h.made.struck["messages in another order"] += 1
        random.Random(move.b).shuffle(h.messages)


def time(h: History, move: Move) -> None:
    seconds = TIMES[move.a % len(TIMES)]
    h.made.tell(f"{seconds} s pass")
    h.made.pass_time(seconds)


def drain(h: History) -> None:
    """Whatever is due now is done, one after the other."""
    tick(h, Move("tick", 1, 0, 0))
    for worker in h.workers:
        go_on(h, worker, 100_000)
    while h.messages:
        take(h, h.workers[0], h.messages.pop(0))
        go_on(h, h.workers[0], 100_000)


def vacuum() -> None:
    """Rows of histories that were emptied away make every look slower."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
