"""Reads the changes of one sync's source and saves them, page by page, together with the cursor."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from integrations.engine.keeping import keep
from integrations.engine.pausing import pause_for
from integrations.engine.recording import count_runs
from integrations.engine.recovering import is_recovering, note_full_read
from integrations.engine.versions import BACKFILL, LIVE, insert_versions, new_versions
from integrations.engine.work import DATABASE_AWAY, LeaseLost, Work, backoff, digest, ledger, stored
from integrations.errors import BadCredentials, IntegrationError, Misconfigured, NotAuthorised, Transient
from integrations.flow import Change, Page
from integrations.models import Delivery, Run, Sync

log = logging.getLogger(__name__)
State = Delivery.State

LONGEST_OVERLAP = 3600.0
FIRST_RETRY = 1.0
"""Half of the seconds after which a source that could not be read is read again; twice as many with each failure."""


@dataclass(frozen=True, slots=True)
class Note:
    """A statement that is done together with the release of the claim (`released`), and its parameters."""

    statement: str
    given: dict[str, Any]


@dataclass(slots=True)
class Polled:
    """What one poll did. `again_at` asks for another poll ahead of the schedule (more pages, or a retry).

    `passing`: it failed for a reason that may pass by itself.
    `note` is what an idle poll leaves to be written (only with `Work.notes_later`).
    """

    read: int = 0
    unchanged: int = 0
    new: int = 0
    again_at: datetime | None = None
    failed: bool = False
    passing: bool = False
    run: Run | None = None
    note: Note | None = None
    uncounted: dict[str, int] = field(default_factory=lambda: {"read": 0, "unchanged": 0})


def poll(work: Work, refusal: IntegrationError | None = None) -> Polled:
    """Polls the source once. Errors of the source are recorded and paused or retried, never raised.

    `refusal`: why it is not read at all, recorded as if the source had said it.
    """
    polled = Polled()
    started_at = work.clock()
    try:
        if refusal is not None:
            raise refusal
        _read_pages(work, polled, started_at)
    except IntegrationError as error:
        _record_failure(work, error, polled, started_at)
    except (LeaseLost, *DATABASE_AWAY):
        raise
    except Exception as error:
        run = {"run": str(polled.run.pk)} if polled.run else {}
        log.exception("our own mistake while polling", extra={"flow": work.sync.flow, **run})
        ours = Misconfigured(f"An error in this product: {type(error).__name__}.", code="bug")
        _record_failure(work, ours, polled, started_at)
    else:
        _finish(work, polled, started_at)
    return polled


def _read_pages(work: Work, polled: Polled, started_at: datetime) -> None:
    sync = work.sync
    full = _full_read_due(work, started_at)
    is_first = sync.full_read_at is None
    for page in work.flow.reader.pages(work.source, dict(sync.cursor), overlap=_overlap(work), full=full):
        priority = BACKFILL if is_first or page.whole else LIVE
        _save_page(work, page, polled, started_at, priority)
        if not page.more:
            break
        work.lease.renew(work.clock())
        if work.clock() - started_at > timedelta(seconds=work.limits.task_seconds):
            polled.again_at = work.clock()
            return
    if full:
        before, sync.full_read_at = sync.full_read_at, started_at
        note_full_read(sync, before, work.clock())
        if is_recovering(sync):
            polled.again_at = work.clock()


def _save_page(work: Work, page: Page, polled: Polled, started_at: datetime, priority: int) -> None:
    """Saves one page's new versions and the cursor that is right once they are saved, in one transaction."""
    now = work.clock()
    changes = list({c.key: Change(c.key, c.stamp, stored(c.row)) for c in page.changes}.values())
    delivers = work.flow.delivers(work.options)
    marked = [(change, digest(change.row)) for change in changes] if delivers else []
    if not delivers:
        _keep_page(work, page, changes, polled, started_at)
    elif page.more or new_versions(work.sync, marked, now, priority):
        with ledger(work.lease):
            if work.flow.keeps:
                keep(work, changes, now)
            fresh = new_versions(work.sync, marked, now, priority)
            _count(polled, len(changes), len(changes) - len(fresh))
            if fresh:
                _measure_lateness(work, fresh)
                polled.run = polled.run or _start_run(work.sync, started_at, now)
                work.schedule.make_due([work.sync.id], now)
                insert_versions(fresh, polled.run, now)
            _flush_counts(polled, now)
            work.sync.cursor = page.cursor
            work.sync.save(update_fields=["cursor", "lateness_seconds"])
    else:
        _count(polled, len(changes), len(changes))
        work.sync.cursor = page.cursor


def _keep_page(work: Work, page: Page, changes: Sequence[Change], polled: Polled, started_at: datetime) -> None:
    """A page of a read model: nothing has to be delivered, so its run is complete when it was read."""
    now = work.clock()
    with ledger(work.lease):
        kept = keep(work, changes, now)
        _count(polled, len(changes), len(changes) - kept)
        if kept:
            polled.run = polled.run or _start_run(work.sync, started_at, now)
            polled.uncounted["written"] = polled.uncounted.get("written", 0) + kept
        _flush_counts(polled, now)
        work.sync.cursor = page.cursor
        work.sync.save(update_fields=["cursor"])


def _count(polled: Polled, read: int, unchanged: int) -> None:
    polled.read += read
    polled.unchanged += unchanged
    polled.new += read - unchanged
    polled.uncounted["read"] += read
    polled.uncounted["unchanged"] += unchanged


def _flush_counts(polled: Polled, now: datetime) -> None:
    """Adds what was counted since the last page; a poll that brings nothing new has no run to add it to."""
    if polled.run is not None:
        count_runs({polled.run.pk: dict(polled.uncounted)}, now)
        polled.uncounted = {"read": 0, "unchanged": 0}


def _start_run(sync: Sync, started_at: datetime, now: datetime) -> Run:
    """A new run. One whose worker died while reading has read what it has read."""
    _close_orphans(sync, now, sync.polled_at)
    return Run.objects.create(sync=sync, started_at=started_at)


def _close_orphans(sync: Sync, now: datetime, polled_at: datetime | None) -> None:
    """Runs that began after the last poll that came to its end."""
    since = {} if polled_at is None else {"started_at__gte": polled_at}
    for orphan in Run.objects.filter(sync=sync, state=Run.State.READING, **since):
        _close_reading(orphan, now)


def _overlap(work: Work) -> float:
    """Seconds behind the watermark to look again: the option, or twice the lateness measured here."""
    configured = float(work.options.get("overlap_seconds", 300))
    return max(configured, min(2 * work.sync.lateness_seconds, LONGEST_OVERLAP))


def _measure_lateness(work: Work, fresh: list[Delivery]) -> None:
    """Remembers how far behind the watermark a change became visible; fades by a tenth with every page."""
    if not work.sync.cursor:
        return
    late = [work.flow.reader.seconds_behind(d.stamp, work.sync.cursor) for d in fresh if d.priority == LIVE]
    measured = min(max(late, default=0.0), LONGEST_OVERLAP / 2)
    work.sync.lateness_seconds = max(measured, work.sync.lateness_seconds * 0.9)


def _full_read_due(work: Work, now: datetime) -> bool:
    """Whether everything is read again, for changes that move no stamp. The first load is such a read."""
    hours = float(work.options.get("full_read_hours", 24))
    last = work.sync.full_read_at
    return last is None or is_recovering(work.sync) or now - last >= timedelta(hours=hours)


def _finish(work: Work, polled: Polled, started_at: datetime) -> None:
    """Notes how fresh the source is. A poll that brought nothing new writes only its sync row."""
    now = work.clock()
    sync = work.sync
    before = sync.polled_at
    sync.polled_at, sync.failures, sync.last_error = now, 0, ""
    if polled.again_at is None:
        sync.fresh_at = started_at
    if work.notes_later and polled.run is None:
        polled.note = _note_of(sync)
        return
    with ledger(work.lease):
        if polled.run is not None:
            _flush_counts(polled, now)
            _close_reading(polled.run, now)
        else:
            _close_orphans(sync, now, before)
        fields = ["cursor", "polled_at", "fresh_at", "full_read_at", "failures", "last_error", "lateness_seconds"]
        sync.save(update_fields=fields)


def _note_of(sync: Sync) -> Note:
    """What `_finish` writes of a sync, for whoever releases the claim."""
    given = {"cursor": json.dumps(sync.cursor), "sync": sync.pk, "polled_at": sync.polled_at}
    times = {"sync_fresh_at": sync.fresh_at, "full_read_at": sync.full_read_at, "lateness": sync.lateness_seconds}
    return Note(_NOTE, {**given, **times})


# Nobody waits here for somebody who is changing the sync, and who may want the schedule's row next: they would wait for
# each other. What is not noted then is read once more.
_NOTE = """
    UPDATE integrations_sync
    SET cursor = %(cursor)s::jsonb, polled_at = %(polled_at)s, fresh_at = %(sync_fresh_at)s,
        full_read_at = %(full_read_at)s, lateness_seconds = %(lateness)s, failures = 0, last_error = ''
    WHERE id IN (
        SELECT s.id FROM released, integrations_sync s WHERE s.id = %(sync)s FOR NO KEY UPDATE OF s SKIP LOCKED)
"""


def _close_reading(run: Run, now: datetime) -> None:
    """The source has been read; the run goes on until everything it brought has come to an end."""
    Run.objects.filter(pk=run.pk).update(read_at=now, state=Run.State.DELIVERING)
    count_runs({run.pk: {"touched": 1}}, now)


def _record_failure(work: Work, error: IntegrationError, polled: Polled, started_at: datetime) -> None:
    now = work.clock()
    sync = work.sync
    polled.failed, polled.passing = True, isinstance(error, Transient)
    sync.failures += 1
    sync.last_error = error.message
    with ledger(work.lease):
        run = polled.run or Run.objects.create(sync=sync, started_at=started_at)
        _flush_counts(polled, now)
        Run.objects.filter(pk=run.pk).update(
            state=Run.State.FAILED, read_at=now, finished_at=now, error_code=error.code[:40], error=error.message
        )
        pause_for(error, sync, sync.source)
        sync.save(update_fields=["failures", "last_error"])
    told = {"flow": sync.flow, "run": str(run.pk), "code": error.code, "reason": error.message}
    log.warning("poll failed", extra=told)
    if not isinstance(error, NotAuthorised | BadCredentials):
        wait = error.retry_after if isinstance(error, Transient) and error.retry_after else None
        first = FIRST_RETRY if polled.passing else 10  # reading again harms nobody, and one broken answer is soon over
        polled.again_at = now + timedelta(seconds=wait or backoff(str(sync.id), sync.failures, first=first))
