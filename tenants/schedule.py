"""The schedule index: what is due over all customers, and who works on it.

One row per (customer, sync, kind). A claim takes a row for a while (its lease) and gives it a new fence number; whoever
has an older number can no longer write under `holds`, prolong or release. A claim that is not released, since its
worker died, can be claimed again when its lease has ended. Every function takes `now` (aware); none looks at a clock.

No wake-up is lost. `make_due` writes to the row even while somebody works on it (`woken_at`), so it waits for a
`release` that is under way, and a `release` waits for it: either the release sees the wake-up and makes the row due at
once, or the wake-up sees a row without a lease. Call it in the transaction that saves what there is to do; whoever
claims the row afterwards sees that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction

Kind = Literal["poll", "deliver", "inbound", "job", "night", "events", "alerts"]
KINDS: tuple[Kind, ...] = ("poll", "deliver")
"""What every sync has a row of."""
ALL_KINDS: tuple[Kind, ...] = (*KINDS, "inbound", "job", "night")
"""Besides them: what webhook calls told (the connection's id stands for a sync), work that goes on for longer than a
request, and what is done in a customer's night."""
TELLING: tuple[Kind, ...] = ("events", "alerts")
"""Telling others, claimed apart: an endpoint's events (its id stands for a sync), and the alerts of a customer."""
NIGHT = ALERTS = UUID(int=0)
"""Stands for a sync in the row of a customer's night, and of their alerts."""
REFRESH = UUID(int=1)
"""Stands for a job: a customer's reference data read anew."""

CLAIM = """
    WITH due AS (
        -- What is being worked on stays due, and comes first: it uses up its customer's first turns.
        SELECT id, lease_until, priority, due_at, row_number() OVER (
            PARTITION BY customer_id, kind IN ('events', 'alerts')
            ORDER BY coalesce(lease_until > %(now)s, false) DESC, priority, due_at, id) AS turn
        FROM public.tenants_scheduledwork
        WHERE due_at <= %(now)s AND (lease_until > %(now)s OR kind = ANY(%(kinds)s)
              AND (%(customer)s::bigint IS NULL OR customer_id = %(customer)s)
              AND (%(sync)s::uuid IS NULL OR sync_id = %(sync)s)
              AND customer_id NOT IN (SELECT id FROM public.tenants_customer WHERE suspended_at IS NOT NULL))
    ), taken AS (
        SELECT w.id, due.turn FROM public.tenants_scheduledwork w JOIN due ON due.id = w.id
        WHERE (due.lease_until IS NULL OR due.lease_until <= %(now)s)
          -- Looked at again once the row is locked: somebody may have taken it a moment ago.
          AND w.due_at <= %(now)s AND (w.lease_until IS NULL OR w.lease_until <= %(now)s)
        ORDER BY due.turn, due.priority, due.due_at, w.id
        LIMIT %(limit)s FOR UPDATE OF w SKIP LOCKED
    )
    UPDATE public.tenants_scheduledwork w SET fence = w.fence + 1, lease_until = %(until)s, woken_at = NULL
    FROM taken, public.tenants_customer c
    WHERE w.id = taken.id AND c.id = w.customer_id
    RETURNING taken.turn, w.id, w.customer_id, c.schema_name, w.sync_id, w.kind, w.fence, w.due_at, w.lease_until,
        w.queue, w.priority
"""
MINE = "id = %(id)s AND fence = %(fence)s AND lease_until IS NOT NULL"
BEGIN = f"""
    UPDATE public.tenants_scheduledwork
    SET lease_until = %(until)s, fence = fence + 1, begun = least(begun + 1, 1000) WHERE {MINE}
        AND customer_id = %(customer_id)s AND sync_id = %(sync_id)s AND kind = %(kind)s
        AND customer_id = (SELECT id FROM public.tenants_customer WHERE schema_name = %(schema_name)s)
    RETURNING (SELECT key_id FROM public.tenants_customer c WHERE c.id = customer_id),
        (SELECT time_zone FROM public.tenants_customer c WHERE c.id = customer_id), begun
"""  # noqa: S608 - a constant
RENEW = f"UPDATE public.tenants_scheduledwork SET lease_until = %(until)s WHERE {MINE}"  # noqa: S608 - a constant
HOLD = f"SELECT id FROM public.tenants_scheduledwork WHERE {MINE} FOR UPDATE"  # noqa: S608 - likewise
RELEASE = f"""
    UPDATE public.tenants_scheduledwork
    SET due_at = CASE WHEN woken_at IS NULL THEN %(due_at)s ELSE least(%(due_at)s, %(now)s) END,
        woken_at = NULL, lease_until = NULL, begun = 0, fresh_at = coalesce(%(fresh_at)s, fresh_at)
    WHERE {MINE}
"""  # noqa: S608 - likewise
MAKE_DUE = """
    UPDATE public.tenants_scheduledwork w
    SET due_at = least(w.due_at, %(now)s),
        woken_at = CASE WHEN w.lease_until IS NOT NULL THEN least(w.woken_at, %(now)s) END
    FROM (SELECT id FROM public.tenants_scheduledwork
          WHERE customer_id = %(customer)s AND sync_id = ANY(%(syncs)s) AND kind = %(kind)s
          ORDER BY id FOR UPDATE) locked
    WHERE w.id = locked.id
"""
MOVE = """
    UPDATE public.tenants_scheduledwork SET due_at = %(due_at)s
    WHERE customer_id = %(customer)s AND sync_id = %(sync)s AND kind = %(kind)s AND woken_at IS NULL
"""
TAKE_AWAY = """
    UPDATE public.tenants_scheduledwork SET fence = fence + 1, lease_until = NULL, woken_at = NULL, due_at = %(now)s
    WHERE customer_id = %(customer)s AND sync_id = %(sync)s AND kind = %(kind)s
"""
ENSURE = """
    INSERT INTO public.tenants_scheduledwork (customer_id, sync_id, kind, queue, priority, due_at, fence)
    VALUES (%(customer)s, %(sync)s, %(kind)s, %(queue)s, %(priority)s, %(due_at)s, 0)
    ON CONFLICT (customer_id, sync_id, kind) DO UPDATE SET queue = excluded.queue, priority = excluded.priority
"""
WAKE = """
    INSERT INTO public.tenants_scheduledwork AS w (customer_id, sync_id, kind, queue, priority, due_at, fence)
    VALUES (%(customer)s, %(sync)s, %(kind)s, %(queue)s, %(priority)s, %(now)s, 0)
    ON CONFLICT (customer_id, sync_id, kind) DO UPDATE SET due_at = least(w.due_at, excluded.due_at),
        woken_at = CASE WHEN w.lease_until IS NOT NULL THEN least(w.woken_at, excluded.due_at) END
"""
REMOVE = "DELETE FROM public.tenants_scheduledwork WHERE customer_id = %(customer)s AND sync_id = %(sync)s"

READ_ANEW = ("key_id", "time_zone", "begun")
"""What `begin` reads of a claim, and no message carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on one sync of one customer until `lease_until`, as long as nobody has a higher fence.

    `begun`: how often it was begun, this time included, since somebody has released it.
    """

    id: int
    customer_id: int
    schema_name: str
    sync_id: UUID
    kind: Kind
    fence: int
    due_at: datetime
    lease_until: datetime
    queue: str = "default"
    priority: int = 5
    key_id: UUID | None = None
    time_zone: str = ""
    begun: int = 0

    def as_message(self) -> dict[str, Any]:
        """As JSON, for a task's arguments, without what is READ_ANEW."""
        given = {key: value for key, value in asdict(self).items() if key not in READ_ANEW}
        return {key: value if isinstance(value, int) else str(value) for key, value in given.items()}

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> Claim:
        """The claim that `as_message` wrote. Raises TypeError or ValueError for anything else."""
        read: dict[str, Any] = {name: datetime.fromisoformat(message[name]) for name in ("due_at", "lease_until")}
        read["sync_id"] = UUID(message["sync_id"])
        fields: dict[str, Any] = {**message, **read}
        return cls(**fields)


def claim(
    *,
    now: datetime,
    limit: int,
    lease_seconds: float,
    kinds: Sequence[Kind] = ALL_KINDS,
    customer_id: int | None = None,
    sync_id: UUID | None = None,
) -> list[Claim]:
    """Takes up to `limit` rows that are due, in one statement; those that others are just taking are skipped.

    Customers take turns: a customer's second row comes after every other customer's first, and what is already being
    worked on for a customer counts as turns they had. Within a turn the smaller priority goes first, then the longer
    overdue. Suspended customers are left out. `customer_id` and `sync_id` narrow it down to one customer or sync.
    """
    until = now + timedelta(seconds=lease_seconds)
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"now": now, "until": until, "limit": limit, "kinds": list(kinds)}
        cursor.execute(CLAIM, {**parameters, "customer": customer_id, "sync": sync_id})
        rows: list[Any] = sorted(cursor.fetchall(), key=lambda row: (row[0], row[10], row[7], row[1]))
    names = (
        "id",
        "customer_id",
        "schema_name",
        "sync_id",
        "kind",
        "fence",
        "due_at",
        "lease_until",
        "queue",
        "priority",
    )
    return [Claim(**dict(zip(names, row[1:], strict=True))) for row in rows]


def begin(claim: Claim, *, now: datetime, lease_seconds: float) -> Claim | None:
    """To be called first by whoever received a claim: the claim to go on with, under a fence of its own.

    A message may be delivered twice; only one of the receivers begins, the other gets None, as it does if the claim
    was taken over or released, or if the message does not say of the row what the row says of itself.
    """
    until = now + timedelta(seconds=lease_seconds)
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, {**asdict(claim), "until": until})
        row = cursor.fetchone()
    if row is None:
        return None
    return replace(claim, fence=claim.fence + 1, lease_until=until, key_id=row[0], time_zone=row[1], begun=row[2])


def renew(claim: Claim, *, now: datetime, lease_seconds: float) -> Claim | None:
    """Prolongs the lease to `lease_seconds` from now. None if somebody else has taken over."""
    until = now + timedelta(seconds=lease_seconds)
    return replace(claim, lease_until=until) if _run(RENEW, claim, until=until) else None


def holds(claim: Claim) -> bool:
    """Whether the claim is still the newest; if so, its row is locked, and stays so until the transaction ends."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("holds() locks a row, so it needs a transaction.")
    return _run(HOLD, claim)


def release(
    claim: Claim,
    *,
    now: datetime,
    due_at: datetime | None,
    fresh_at: datetime | None = None,
    also: str = "",
    given: Mapping[str, Any] | None = None,
) -> bool:
    """Gives the row back, due at `due_at` (None: not due). A wake-up that came meanwhile makes it due now.

    `fresh_at`: until when the source is known to have nothing newer; None leaves it. False if somebody else has taken
    over: then nothing was changed. `also` is a statement, with the parameters `given`, that is done together with the
    release or not at all; it asks for `EXISTS (SELECT 1 FROM released)`.
    """
    times = {"now": now, "due_at": due_at, "fresh_at": fresh_at}
    if not also:
        return _run(RELEASE, claim, **times)
    both = f"WITH released AS ({RELEASE} RETURNING id), also AS ({also}) SELECT id FROM released"  # noqa: S608 - statements of ours
    return _run(both, claim, **times, **(given or {}))


def make_due(*, customer_id: int, sync_ids: Collection[UUID], kind: Kind, now: datetime) -> None:
    """These syncs are due now, if they were not before. One that is being worked on becomes due when it is released."""
    if sync_ids:
        _execute(MAKE_DUE, {"customer": customer_id, "syncs": list(sync_ids), "kind": kind, "now": now})


def move(*, customer_id: int, sync_id: UUID, kind: Kind, due_at: datetime) -> None:
    """It is due then and not before. One that is being worked on is due when its `release` says."""
    _execute(MOVE, {"customer": customer_id, "sync": sync_id, "kind": kind, "due_at": due_at})


def take_away(*, customer_id: int, sync_id: UUID, kind: Kind, now: datetime) -> None:
    """Whoever works on it loses the right to (and can commit nothing any more); it is due now."""
    _execute(TAKE_AWAY, {"customer": customer_id, "sync": sync_id, "kind": kind, "now": now})


def ensure(
    *,
    customer_id: int,
    sync_id: UUID,
    kinds: Iterable[Kind] = KINDS,
    due_at: datetime | None = None,
    queue: str = "default",
    priority: int = 5,
) -> None:
    """Makes the rows of a sync, due at `due_at`. Rows that exist keep when they are due and who works on them."""
    for kind in kinds:
        row = {"customer": customer_id, "sync": sync_id, "kind": kind, "due_at": due_at}
        _execute(ENSURE, {**row, "queue": queue, "priority": priority})


def wake(*, customer_id: int, sync_id: UUID, kind: Kind, now: datetime, priority: int, queue: str = "default") -> None:
    """Like `make_due`, for a row that may not be there yet: it is made. However often, one row is due once."""
    row = {"customer": customer_id, "sync": sync_id, "kind": kind, "now": now}
    _execute(WAKE, {**row, "queue": queue, "priority": priority})


def due_times(*, customer_id: int, kind: Kind) -> dict[UUID, datetime | None]:
    """When each of a customer's rows of a kind is due, by sync."""
    with connection.cursor() as cursor:
        statement = "SELECT sync_id, due_at FROM public.tenants_scheduledwork WHERE customer_id = %s AND kind = %s"
        cursor.execute(statement, [customer_id, kind])
        return dict(cursor.fetchall())


def held_until(*, customer_id: int, sync_ids: Collection[UUID], now: datetime) -> datetime | None:
    """When the first lease on polls and deliveries of these syncs ends; None if nobody works on any of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(lease_until) FROM public.tenants_scheduledwork WHERE customer_id = %s AND sync_id = ANY(%s) "
            "AND kind = ANY(%s) AND lease_until > %s",
            [customer_id, list(sync_ids), list(KINDS), now],
        )
        until: datetime | None = cursor.fetchone()[0]
        return until


def customers_with(kind: Kind) -> list[int]:
    """The customers that have a row of this kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT customer_id FROM public.tenants_scheduledwork WHERE kind = %s", [kind])
        return [row[0] for row in cursor.fetchall()]


def remove(*, customer_id: int, sync_id: UUID) -> None:
    """Removes the rows of a sync; a claim on one of them no longer holds."""
    _execute(REMOVE, {"customer": customer_id, "sync": sync_id})


def _run(statement: str, claim: Claim, **parameters: Any) -> bool:
    return _execute(statement, {"id": claim.id, "fence": claim.fence, **parameters}) == 1


def _execute(statement: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
