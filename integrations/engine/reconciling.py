"""Compares both books: every record of the source with the ledger, and every linked record of the target with
what was last read back there. Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.engine.work import Work, digest
from integrations.models import Delivery, Link

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
    for page in work.flow.reader.pages(work.source, {}, overlap=0.0, full=True):
        changes = {change.key: change for change in page.changes}
        for keys in _batches(sorted(changes)):
            _compare(work, {key: digest(changes[key].row) for key in keys}, report)
        if not page.more:
            break
    return report


def _compare(work: Work, read: Mapping[str, str], report: Report) -> None:
    report.source_records += len(read)
    newest = {
        d.source_key: d
        for d in Delivery.objects.filter(sync=work.sync, source_key__in=read)
        .order_by("source_key", "-number")
        .distinct("source_key")
        .defer("payload")
    }
    links = {link.source_key: link for link in Link.objects.filter(flow=work.flow.name, source_key__in=read)}
    rows = work.flow.writer.fetch(work.target, sorted(link.target_key for link in links.values())) if links else {}
    for key, mark in read.items():
        delivery, link = newest.get(key), links.get(key)
        if delivery is None or delivery.digest != mark:
            detail = "Not read yet." if delivery is None else "Changed at the source since it was last read."
            report.differences.append(Difference(key, link.target_key if link else "", "late", detail))
        elif delivery.state in OPEN_CAUSES:
            cause = OPEN_CAUSES[delivery.state]
            report.differences.append(Difference(key, link.target_key if link else "", cause, delivery.reason))
        elif link is None:
            report.explained[delivery.code or delivery.state] += 1
        else:
            _compare_target(work, key, link, rows.get(link.target_key), report)


def _compare_target(work: Work, key: str, link: Link, row: Any, report: Report) -> None:
    title = work.flow.target_system
    if row is None:
        detail = f"{link.target_key} is not there any more."
        report.differences.append(Difference(key, link.target_key, f"missing in {title}", detail))
        return
    observed = work.flow.observe(row)
    changed = sorted(k for k in {*observed, *link.observed} if observed.get(k) != link.observed.get(k))
    if changed:
        detail = "; ".join(f"{k}: {link.observed.get(k)!r} is now {observed.get(k)!r}" for k in changed)
        report.differences.append(Difference(key, link.target_key, f"changed in {title}", detail))
    else:
        report.agreeing += 1


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]
