"""What the first run of one flow would do: how much there is, and a bounded sample of it, rehearsed.

The sample is of the newest documents where there are more than it holds, since old ones are mostly over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from integrations import catalogue
from integrations.engine import Work
from integrations.engine.planning import Directory
from integrations.engine.rehearsing import rehearse
from integrations.fitting.metering import Meter, OutOfCalls
from integrations.fitting.tally import Tally
from integrations.flow import Page
from integrations.models import Connection, Sync
from integrations.progress import Measured
from integrations.running import CustomerSchedule, NoLease, utc_now, work_for

MOST_RECORDS = 1_000
AT_ONCE = 50
LATELY = timedelta(days=92)
MANUAL = "Manual"


@dataclass(frozen=True, slots=True)
class Pair:
    """Both connections, by system, with what is known of them."""

    rows: Mapping[str, Connection]

    def sync(self, name: str, *, since: str = "") -> Sync:
        """The flow as it is switched on, else as it would be with its defaults; never saved."""
        flow = catalogue.flows()[name]
        stored = Sync.objects.filter(flow=name).only("options").first()
        source = copy(self.rows[flow.source_system])
        if since:
            source.options = {**source.options, "history_from": since}
        options = stored.options if stored else {}
        return Sync(flow=name, source=source, target=self.rows[flow.target_system], options=options)


def sample(pair: Pair, name: str, assumed: Mapping[str, Mapping[str, str]], meter: Meter) -> tuple[Any, dict[str, str]]:
    """Facts about one flow, and what of its records will not simply come.

    Raises both systems' errors, and OutOfCalls if not even one record could be looked at.
    """
    work, tally = _work(pair.sync(name), meter), Tally()
    facts: dict[str, Any] = {"total": None, "page": 0, "since": "", "cut": False}
    facts["delivers"] = work.flow.delivers(work.options)
    try:
        pages = _pages(work)
        first = next(pages, None)
        if first is not None:
            facts["total"], facts["page"] = _total(work, first), len(first.changes)
            pages = _again(first, pages)
            if facts["total"] and facts["total"] > MOST_RECORDS and (since := _lately(work)):
                facts["since"] = since
                work.close()
                work = _work(pair.sync(name, since=since), meter)
                pages = _pages(work)
            directory = Directory(work)
            _rehearse(work, pages, directory, assumed, tally, facts)
            if name == "vendors" and tally.read:
                facts["there"] = _there(directory)
    except OutOfCalls:
        if not tally.read:
            raise  # nothing was looked at, which says nothing
        facts["cut"] = True
    finally:
        work.close()
    return {**facts, **tally.facts()}, tally.others


def _work(sync: Sync, meter: Meter) -> Work:
    given: dict[str, Any] = {"read_only": True, "priority": "backfill", "watch": meter.tick}
    return work_for(sync, NoLease(), CustomerSchedule(0), utc_now, **given)


def _pages(work: Work) -> Iterator[Page]:
    return work.flow.reader.pages(work.source, {}, overlap=0.0)


def _again(first: Page, rest: Iterator[Page]) -> Iterator[Page]:
    yield first
    yield from rest


def _total(work: Work, page: Page) -> int | None:
    if not page.more:
        return len(page.changes)
    progress = work.flow.reader.progress(page.cursor) if isinstance(work.flow.reader, Measured) else None
    return progress.total if progress else None


def _lately(work: Work) -> str:
    """From which day on documents are sampled; "" for objects without a date of creation: those that come first."""
    reader = work.flow.reader
    ways = [reader, *getattr(reader, "ways", {}).values()]
    if not any(getattr(way, "born", "") for way in ways):
        return ""
    own = str(work.sync.source.options.get("history_from") or "")
    return max(own, (utc_now() - LATELY).date().isoformat())


def _rehearse(
    work: Work, pages: Iterator[Page], directory: Directory, assumed: Any, tally: Tally, facts: dict[str, Any]
) -> None:
    if not facts["delivers"]:
        return
    changes = (change for page in pages for change in page.changes)
    while batch := list(islice(changes, AT_ONCE)):
        tally.add(rehearse(work, batch, directory, assumed))
        if tally.read >= MOST_RECORDS:
            facts["cut"] = facts["total"] is None or facts["total"] > tally.read
            return


def _there(directory: Directory) -> dict[str, Any]:
    """The vendors that ServiceTitan has already, and those that it would send an order to by itself."""
    active = [row for row in directory.rows() if row.get("active") is not False]
    electronic = [row for row in active if str(row.get("deliveryOption") or MANUAL) != MANUAL]
    names = sorted(str(row.get("name") or row.get("id")) for row in electronic)
    return {"vendors": len(active), "electronic": len(names), "electronic_names": names[:20]}
