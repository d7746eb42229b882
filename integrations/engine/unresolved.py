"""Writes whose outcome nobody knows yet, over all versions of a record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from integrations.engine.bulk import fetch, insert_all, update_all
from integrations.models import Attempt, Delivery, Step, Sync

Outcome = Attempt.Outcome

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the target's clock may lie behind ours; looks begin so much earlier than the intent."""

Mark = tuple[str, str]
"""Source key and marker of a create: the same for every try of it, whichever version of the record made it."""


# Attempts of these two kinds are few and have an index of their own, whatever the number of all attempts.
_CREATES = """
    SELECT d.source_key, s.marker, min(a.intended_at)
    FROM integrations_attempt a
    JOIN integrations_step s ON s.id = a.step_id AND s.marker <> ''
    JOIN integrations_delivery d ON d.id = s.delivery_id AND d.sync_id = %s AND d.source_key = ANY(%b::text[])
    WHERE a.kind = 'write' AND {}
    GROUP BY d.source_key, s.marker
"""
_UNRESOLVED = _CREATES.format("a.outcome = 'unknown' AND a.resolution = ''")
_SENT_AGAIN = _CREATES.format("a.resolution = 'not_found'")


def _first(statement: str, sync: Sync, source_keys: Collection[str]) -> dict[Mark, datetime]:
    rows = fetch(statement, [sync.pk, list(set(source_keys))]) if source_keys else []
    return {(key, marker): at for key, marker, at in rows}


def unresolved_marks(sync: Sync, source_keys: Collection[str]) -> dict[Mark, datetime]:
    """Creates that may have happened unseen, with the time of the first try: nothing is sent before they were found."""
    return _first(_UNRESOLVED, sync, source_keys)


def sent_again_marks(sync: Sync, source_keys: Collection[str]) -> dict[Mark, datetime]:
    """Creates that were looked for and not found once, with the time of the first try: they may still appear."""
    return _first(_SENT_AGAIN, sync, source_keys)


def in_question(steps: Collection[Step]) -> set[UUID]:
    """Those steps that made a write of their own of which nobody knows what became of it."""
    writes = Attempt.objects.filter(step__in=steps, kind=Attempt.Kind.WRITE, outcome=Outcome.UNKNOWN, resolution="")
    return set(writes.values_list("step_id", flat=True))


def refusals(steps: Collection[Step]) -> dict[UUID, tuple[str, str]]:
    """Code and words of the refusal, of steps whose last write was refused."""
    writes = Attempt.objects.filter(step__in=steps, kind=Attempt.Kind.WRITE)
    last = writes.order_by("step_id", "-intended_at", "-id").distinct("step_id")
    rows = last.values_list("step_id", "outcome", "code", "reason")
    return {step: (code, reason) for step, outcome, code, reason in rows if outcome == Outcome.REFUSED}


@dataclass(slots=True)
class Looks:
    """What was looked for, and whether it was there: noted in a handful of statements by `save`."""

    sync: Sync
    fence: int
    _looks: list[tuple[Delivery, Step, bool]] = field(default_factory=list)

    def note(self, delivery: Delivery, step: Step, *, target_key: str | None) -> None:
        """The write of `step` is at the target under this key, or is not there (None)."""
        if target_key is not None:
            step.state, step.target_key = Step.State.DONE, target_key
        self._looks.append((delivery, step, target_key is not None))

    def save(self, now: datetime) -> None:
        """Writes the steps, an attempt per look, and what the looks say about the writes in question."""
        done = [step for _, step, found in self._looks if found]
        for step in done:
            step.done_at = now
        update_all(done, ["state", "target_key", "done_at"])
        for outcome, wanted in ((Outcome.FOUND, True), (Outcome.NOT_FOUND, False)):
            looks = [(delivery, step) for delivery, step, found in self._looks if found is wanted]
            if looks:
                self._resolve(looks, outcome, now)

    def _resolve(self, looks: Sequence[tuple[Delivery, Step]], outcome: str, now: datetime) -> None:
        same_mark = Q(
            step__delivery__sync=self.sync,
            step__delivery__source_key__in=[delivery.source_key for delivery, _ in looks],
            step__marker__in={step.marker for _, step in looks} - {""},
        )
        unresolved = Attempt.objects.filter(
            same_mark | Q(step__in=[step for _, step in looks]),
            kind=Attempt.Kind.WRITE,
            outcome=Outcome.UNKNOWN,
            resolution="",
        )
        ids = list(unresolved.values_list("id", flat=True))
        Attempt.objects.filter(id__in=ids).update(resolution=outcome, finished_at=now)
        kind, fence = Attempt.Kind.LOOK, self.fence
        insert_all(
            [
                Attempt(step=step, kind=kind, outcome=outcome, fence=fence, intended_at=now, finished_at=now)
                for _, step in looks
            ]
        )
