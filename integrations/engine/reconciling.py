"""Compares both books: every record of the source with the ledger, and every linked record of the target with
what was last read back there. Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from integrations.engine.work import Work, digest
from integrations.models import Delivery, Link, Reference

State = Delivery.State

BATCH = 50

OPEN_CAUSES: Mapping[str, str] = {
    State.WAITING: "waiting",
    State.QUARANTINED: "quarantined",
    State.PENDING: "on its way",
    State.BEHIND: "on its way",
    State.SENDING: "on its way",
    State.CHECKING: "on its way",
    State.VERIFYING: "on its way",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One record on which the books do not agree, with its cause in plain words."""

    source_key: str
    target_key: str
    cause: str
    detail: str


@dataclass(slots=True)
class Report:
    """What a comparison found. `explained` counts records that need no counterpart, by reason."""

    flow: str
    source_records: int = 0
    agreeing: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def agree(self) -> bool:
        """Whether every record of the source has its counterpart, or a reason not to need one."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "flow": self.flow,
            "agree": self.agree,
            "source_records": self.source_records,
            "agreeing": self.agreeing,
            "explained": dict(self.explained),
            "differences": [
                {"source_key": d.source_key, "target_key": d.target_key, "cause": d.cause, "detail": d.detail}
                for d in self.differences
            ],
        }


def reconcile(work: Work) -> Report:
    """Reads the whole source page by page and the linked records of the target, and names every difference."""
    report = Report(flow=work.flow.name)
    compare = _compare_kept if work.flow.keeps else _compare
    for page in work.flow.reader.pages(work.source, {}, overlap=0.0, full=True):
        changes = {change.key: change for change in page.changes}
        for keys in _batches(sorted(changes)):
            report.source_records += len(keys)
            compare(work, {key: digest(changes[key].row) for key in keys}, report)
        if not page.more:
            break
    return report


def _compare_kept(work: Work, read: Mapping[str, str], report: Report) -> None:
    """A read model agrees if it holds the rows as they are at the source."""
    kept = Reference.objects.filter(connection=work.sync.source, kind=work.flow.keeps, key__in=read)
    marks = {reference.key: digest(reference.row) for reference in kept}
    for key, mark in read.items():
        if marks.get(key) == mark:
            report.agreeing += 1
        else:
            detail = "Changed at the source since it was last read." if key in marks else "Not read yet."
            report.differences.append(Difference(key, "", "late", detail))


def _compare(work: Work, read: Mapping[str, str], report: Report) -> None:
    newest = {
        d.source_key: d
        for d in Delivery.objects.filter(sync=work.sync, source_key__in=read)
        .order_by("source_key", "-number")
        .distinct("source_key")
        .defer("payload")
    }
    links = _links(work, read)
    targets = sorted({link.target_key for group in links.values() for link in group})
    rows = work.flow.writer.fetch(work.target, targets) if targets else {}
    for key, mark in read.items():
        delivery, linked = newest.get(key), links.get(key, [])
        there = ", ".join(link.target_key for link in linked)
        if delivery is None or delivery.digest != mark:
            detail = "Not read yet." if delivery is None else "Changed at the source since it was last read."
            report.differences.append(Difference(key, there, "late", detail))
        elif delivery.state in OPEN_CAUSES:
            report.differences.append(Difference(key, there, OPEN_CAUSES[delivery.state], delivery.reason))
        elif not linked:
            report.explained[delivery.code or delivery.state] += 1
        else:
            found = [_difference(work, key, link, rows.get(link.target_key)) for link in linked]
            report.differences += [difference for difference in found if difference]
            report.agreeing += not any(found)


def _links(work: Work, keys: Collection[str]) -> dict[str, list[Link]]:
    """The links of records, those of their parts included. A link without a target was handed to another flow."""
    wanted = Q(source_key__in=keys)
    if work.flow.has_parts:
        wanted = reduce(or_, (Q(source_key__startswith=f"{key}#") for key in keys), wanted)
    links: dict[str, list[Link]] = {}
    for link in Link.objects.filter(wanted, flow=work.flow.name).exclude(target_key="").order_by("source_key"):
        links.setdefault(link.source_key.partition("#")[0], []).append(link)
    return links


def _difference(work: Work, key: str, link: Link, row: Any) -> Difference | None:
    """Where a target record is not as it was last read back."""
    title = work.flow.target_system
    if row is None:
        return Difference(key, link.target_key, f"missing in {title}", f"{link.target_key} is not there any more.")
    observed = work.flow.observe(row)
    changed = sorted(k for k in {*observed, *link.observed} if observed.get(k) != link.observed.get(k))
    if not changed:
        return None
    detail = "; ".join(f"{k}: {link.observed.get(k)!r} is now {observed.get(k)!r}" for k in changed)
    return Difference(key, link.target_key, f"changed in {title}", detail)


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]
