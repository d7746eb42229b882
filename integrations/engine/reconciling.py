"""Compares both books: every record of the source with the ledger, and every linked record of the target with
what was last read back there. Reads only.

Where a row differs from what was delivered, the flow is asked what it would write now: nothing to write is no
difference. That spares records whose row we have touched ourselves, e.g. by an answer to their own system.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from integrations.engine.judging import Judge, Suspect
from integrations.engine.work import Work, digest
from integrations.errors import NotTransferable
from integrations.figures import Figured, Figures
from integrations.flow import Change
from integrations.models import Delivery, Link, Reference

State = Delivery.State

BATCH = 50
LARGEST_ROUNDING = Decimal("0.01")
"""The share of an amount that costs per unit may lose, see `servicetitan_orders.line_cost_in`."""

OPEN_CAUSES: Mapping[str, str] = {
    State.WAITING: "waiting",
    State.QUARANTINED: "quarantined",
    State.PENDING: "on its way",
    State.BEHIND: "on its way",
    State.SENDING: "on its way",
    State.CHECKING: "on its way",
    State.VERIFYING: "on its way",
}
EXPLAINED: Mapping[str, str] = {State.NOT_TRANSFERABLE: "not transferable", State.DISMISSED: "dismissed"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One record on which the books do not agree, with its cause in plain words."""

    source_key: str
    target_key: str
    cause: str
    detail: str


@dataclass(slots=True)
class Verdict:
    """What came of one record. `marks`: key and digest at the source and in the ledger, and the same of the target.

    `there`: where its target records are not as they were last read back.
    `reason`: why it needs no counterpart, or why another amount there is right; "" where there is nothing to explain.
    """

    source_key: str
    target_keys: tuple[str, ...] = ()
    figures: Figures = field(default_factory=Figures)
    worth: Decimal | None = None
    differences: list[Difference] = field(default_factory=list)
    there: list[Difference] = field(default_factory=list)
    reason: str = ""
    explained: Difference | None = None
    source_marks: tuple[str, str] = ("", "")
    target_marks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether it has its counterpart, as it should be."""
        return not self.differences and not self.reason


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

    def add(self, verdicts: Sequence[Verdict]) -> None:
        """Counts these records."""
        self.source_records += len(verdicts)
        self.agreeing += sum(verdict.agrees for verdict in verdicts)
        self.explained.update(verdict.reason for verdict in verdicts if verdict.reason)
        self.differences += [difference for verdict in verdicts for difference in verdict.differences]

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
    report, judge = Report(flow=work.flow.name), Judge(work)
    for page in work.flow.reader.pages(work.source, {}, overlap=0.0, full=True):
        report.add(compare(work, page.changes, judge))
        if not page.more:
            break
    return report


def compare(work: Work, changes: Sequence[Change], judge: Judge) -> list[Verdict]:
    """A page of the source, record by record, in the order of keys."""
    ordered = sorted({change.key: change for change in changes}.values(), key=lambda change: change.key)
    by_batch = _compare_kept if work.flow.keeps else _compare_batch
    return [verdict for batch in _batches(ordered) for verdict in by_batch(work, batch, judge)]


def _compare_kept(work: Work, batch: Sequence[Change], judge: Judge) -> list[Verdict]:
    """A read model agrees if it holds the rows as they are at the source."""
    kept = Reference.objects.filter(
        connection=work.sync.source, kind=work.flow.keeps, key__in=[change.key for change in batch]
    )
    marks = {reference.key: digest(reference.row) for reference in kept}
    verdicts = []
    for change in batch:
        mark = digest(change.row)
        verdict = Verdict(change.key, source_marks=(mark, marks.get(change.key, "")))
        if marks.get(change.key) != mark:
            detail = "Changed at the source since it was last read." if change.key in marks else "Not read yet."
            verdict.differences.append(Difference(change.key, "", "late", detail))
        verdicts.append(verdict)
    return verdicts


def _compare_batch(work: Work, batch: Sequence[Change], judge: Judge) -> list[Verdict]:
    keys = [change.key for change in batch]
    newest = {
        d.source_key: d
        for d in Delivery.objects.filter(sync=work.sync, source_key__in=keys)
        .order_by("source_key", "-number")
        .distinct("source_key")
        .defer("payload")
    }
    links = _links(work, keys)
    targets = sorted({link.target_key for group in links.values() for link in group})
    rows = work.flow.writer.fetch(work.target, targets) if targets else {}
    verdicts = [_verdict(work, change, newest.get(change.key), links.get(change.key, []), rows) for change in batch]
    _judge(judge, {change.key: change for change in batch}, newest, verdicts)
    return verdicts


def _verdict(
    work: Work, change: Change, delivery: Delivery | None, linked: Sequence[Link], rows: Mapping[str, Any]
) -> Verdict:
    mark = digest(change.row)
    verdict = Verdict(
        change.key,
        tuple(link.target_key for link in linked),
        _figures(work, change),
        source_marks=(mark, delivery.digest if delivery else ""),
    )
    there = ", ".join(verdict.target_keys)
    observed = {link.target_key: _observed(work, rows.get(link.target_key)) for link in linked}
    verdict.target_marks = [(digest(observed[link.target_key]), digest(link.observed)) for link in linked]
    found = [_difference(work, change.key, link, rows.get(link.target_key)) for link in linked]
    verdict.there = [difference for difference in found if difference]
    if delivery is None or delivery.digest != mark:
        detail = "Not read yet." if delivery is None else "Changed at the source since it was last read."
        verdict.differences.append(Difference(change.key, there, "late", detail))
    elif delivery.state in OPEN_CAUSES:
        verdict.differences.append(Difference(change.key, there, _open_cause(delivery), delivery.reason))
    elif not linked:
        verdict.reason = delivery.code or delivery.state
        cause = EXPLAINED.get(delivery.state, "no counterpart")
        verdict.explained = Difference(change.key, "", cause, delivery.reason)
    else:
        verdict.differences += verdict.there
        _weigh(work, verdict, [rows.get(link.target_key) for link in linked])
    return verdict


def _open_cause(delivery: Delivery) -> str:
    if delivery.state == State.QUARANTINED and delivery.needs.startswith("map:"):
        return "unmapped"
    return OPEN_CAUSES[delivery.state]


def _judge(
    judge: Judge, changes: Mapping[str, Change], newest: Mapping[str, Delivery], verdicts: Sequence[Verdict]
) -> None:
    """What only looks different is none: the flow would write nothing. What cannot go over has its reason."""
    doubted = [v for v in verdicts if _is_doubtful(v, newest.get(v.source_key))]
    suspects = [Suspect(newest[v.source_key], changes[v.source_key]) for v in doubted]
    for verdict, judged in zip(doubted, judge.ask(suspects), strict=True):
        if judged is None:
            continue
        if judged.agrees:
            verdict.differences = list(verdict.there)
        elif isinstance(judged.error, NotTransferable) and not verdict.target_keys:
            verdict.differences.clear()
            verdict.reason = judged.error.code
            verdict.explained = Difference(verdict.source_key, "", "not transferable", judged.error.message)


def _is_doubtful(verdict: Verdict, delivery: Delivery | None) -> bool:
    is_late = any(difference.cause == "late" for difference in verdict.differences)
    return is_late and delivery is not None and delivery.state not in OPEN_CAUSES


def _figures(work: Work, change: Change) -> Figures:
    """What the source says; nothing for a row that the flow cannot take."""
    if not isinstance(work.flow, Figured):
        return Figures()
    try:
        return work.flow.figures(work.flow.record(change.row))
    except Exception:  # the record's own delivery says what is wrong with it
        return Figures()


def _weigh(work: Work, verdict: Verdict, rows: Sequence[Any]) -> None:
    """Compares the amounts of what agrees otherwise: what rounding loses is explained."""
    amount = verdict.figures.amount
    if not isinstance(work.flow, Figured) or amount is None:
        return
    parts = [work.flow.worth(row) for row in rows if row is not None]
    if not parts or None in parts:
        return
    verdict.worth = sum((part for part in parts if part is not None), Decimal(0))
    if verdict.differences or verdict.worth == amount:
        return
    there, detail = ", ".join(verdict.target_keys), f"{amount:f} here is {verdict.worth:f} there."
    if abs(verdict.worth - amount) <= abs(amount) * LARGEST_ROUNDING:
        verdict.reason, verdict.explained = "rounding", Difference(verdict.source_key, there, "rounding", detail)
    else:
        verdict.differences.append(Difference(verdict.source_key, there, "amounts differ", detail))


def _links(work: Work, keys: Collection[str]) -> dict[str, list[Link]]:
    """The links of records, those of their parts included. A link without a target was handed to another flow."""
    wanted = Q(source_key__in=keys)
    if work.flow.has_parts:
        wanted = reduce(or_, (Q(source_key__startswith=f"{key}#") for key in keys), wanted)
    links: dict[str, list[Link]] = {}
    for link in Link.objects.filter(wanted, flow=work.flow.name).exclude(target_key="").order_by("source_key"):
        links.setdefault(link.source_key.partition("#")[0], []).append(link)
    return links


def _observed(work: Work, row: Any) -> dict[str, Any]:
    return work.flow.observe(row) if row is not None else {}


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


def _batches(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    for start in range(0, len(changes), BATCH):
        yield changes[start : start + BATCH]
