"""After a ledger was put back from a backup: nothing is sent before it is known again what was sent since the backup.

The remote systems are ahead of such a ledger. So every source is read again as a whole before anything is sent (what is
pending may be older than what the target holds by now), and a create whose mark was not met since then is looked for
before it is sent (ADR 12).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Coalesce, Least

from integrations.engine.bulk import fetch
from integrations.engine.unresolved import Mark
from integrations.engine.versions import READ, REPLAYED
from integrations.engine.work import Limits, ledger
from integrations.models import Attempt, Connection, Delivery, Sync

RESTORED = "restored"
"""The code of a delivery whose create is looked for because the ledger was put back from a backup."""

LOOK = "The ledger was put back from a backup: what was sent after it is looked for before anything is sent again."

_MET = """
    SELECT DISTINCT d.source_key, s.marker
    FROM integrations_attempt a
    JOIN integrations_step s ON s.id = a.step_id AND s.marker <> ''
    JOIN integrations_delivery d ON d.id = s.delivery_id AND d.sync_id = %s AND d.source_key = ANY(%b::text[])
    WHERE a.intended_at >= %s
"""


def put_back(now: datetime) -> datetime | None:
    """Notes at every sync that the customer's ledger was put back just now; returns the last moment that it knew.

    None for a ledger without any flow. In the customer's schema; no worker may be at work for them. Who says it once
    more may not have looked for all that the first loss has hidden: the earliest moment stays.
    """
    with ledger():
        known_at = _last_known()
        if known_at is not None:
            moment = Value(known_at, output_field=DateTimeField())
            earliest = Least(Coalesce(F("restored_from"), moment), moment)
            Sync.objects.update(restored_at=now, restored_from=earliest, recovered_at=None)
    return known_at


def _last_known() -> datetime | None:
    """The newest moment in the ledger: whatever was sent and is not known was sent after it.

    Of a ledger that has neither read nor sent, the moment in which its first flow was switched on.
    """
    newest = (
        Attempt.objects.order_by("-intended_at").values_list("intended_at", flat=True).first(),
        Delivery.objects.order_by("-created_at").values_list("created_at", flat=True).first(),
        Sync.objects.exclude(polled_at=None).order_by("-polled_at").values_list("polled_at", flat=True).first(),
    )
    switched_on = Sync.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return max((moment for moment in newest if moment is not None), default=switched_on)


def is_recovering(sync: Sync) -> bool:
    """Whether its source has to be read again as a whole."""
    return sync.restored_at is not None and sync.recovered_at is None


def holds_up_others(sync: Sync) -> bool:
    """Whether nothing of any flow is sent before this one was read again: it is read at once, whatever its schedule."""
    return sync.restored_at is not None and sync.recovered_at is None and sync.created_at <= sync.restored_at


def note_full_read(sync: Sync, before: datetime | None, now: datetime) -> None:
    """A read of everything came to its end. The first one may have begun before the backup, so the second one counts.

    `before` is when the one before came to its end.
    """
    if is_recovering(sync) and before is not None and sync.restored_at is not None and before >= sync.restored_at:
        sync.recovered_at = now
        same = Sync.objects.filter(pk=sync.pk, restored_at=sync.restored_at, recovered_at=None)
        same.update(recovered_at=now)


def withheld_for(sync: Sync) -> list[str]:
    """The flows that have to be read again before anything of this one is sent; none for a ledger as it should be.

    Flows that stand still are not waited for; one that was made after the restore is waited for by itself only.
    """
    if sync.restored_at is None:
        return []
    ok = Connection.State.OK
    running = Sync.objects.filter(enabled=True, state=Sync.State.ACTIVE, source__state=ok, target__state=ok)
    behind = running.filter(Q(pk=sync.pk) | Q(created_at__lte=F("restored_at")), restored_at__isnull=False)
    behind = behind.filter(recovered_at=None)
    return list(behind.order_by("flow").values_list("flow", flat=True))


def in_doubt(sync: Sync, source_keys: Collection[str]) -> set[str]:
    """Those records that may have been sent by the ledger that was lost: all that were known before the recovery."""
    if sync.restored_at is None or not source_keys:
        return set()
    known = Delivery.objects.filter(sync=sync, source_key__in=source_keys)
    if sync.recovered_at is not None:
        known = known.filter(created_at__lte=sync.recovered_at)
    return set(known.order_by().values_list("source_key", flat=True).distinct())


def unmet_marks(sync: Sync, marks: Collection[Mark]) -> set[Mark]:
    """Those creates whose mark has to be looked for, since nobody has met it since the ledger was put back."""
    doubted = in_doubt(sync, {key for key, _ in marks})
    if not doubted:
        return set()
    met = set(fetch(_MET, [sync.pk, list(doubted), sync.restored_at]))
    return {mark for mark in marks if mark[0] in doubted and mark not in met}


def not_found_again(sync: Sync, deliveries: Sequence[Delivery]) -> set[UUID]:
    """Those of which something may have been made since the backup that was looked for under its mark and not found.

    What a person sends again is none of them: whoever does that has looked.
    """
    if sync.restored_at is None:
        return set()
    read = [one.id for one in deliveries if one.why in READ and not any(REPLAYED in note["text"] for note in one.notes)]
    looks = Attempt.objects.filter(step__delivery__in=read, kind=Attempt.Kind.LOOK, intended_at__gte=sync.restored_at)
    missed = looks.filter(outcome=Attempt.Outcome.NOT_FOUND).values_list("step__delivery_id", flat=True)
    return set(missed)


def earliest_look(sync: Sync, now: datetime, limits: Limits) -> datetime:
    """From when on what the lost ledger sent last can be seen."""
    if sync.restored_at is None:
        return now
    return max(now, sync.restored_at + timedelta(seconds=limits.call_seconds + limits.list_lag_seconds))


def look_since(sync: Sync, marks: Collection[Mark], since: datetime) -> datetime:
    """How far back a look for these has to reach: to the last moment that the ledger knew, if one is in doubt."""
    if sync.restored_from is None or not unmet_marks(sync, marks):
        return since
    return min(since, sync.restored_from)
