"""What a flow may ask while it maps: links, value maps, reference data; each answer is kept for the audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from integrations.engine.linking import parts_of
from integrations.engine.references import keep_references
from integrations.engine.refusing import refusal
from integrations.engine.tables import hints, tables
from integrations.engine.work import Work, asking
from integrations.errors import Awaiting, NeedsPerson, NotReady, Unmapped, link_key, linked_to_key, map_key
from integrations.flow import SOURCE, Known, Linked, Row, Want
from integrations.mapping_rules import Entry, Table
from integrations.models import Attempt, Delivery, Link, Reference, Step

LINK = "link:"
"""Prefix of a Want that names a link of another flow, e.g. Want("link:vendors", "17300001")."""

LINKED_TO = "linked-to:"
"""Prefix of a Want that asks which records of another flow lead to a target record (`Lookups.sources`)."""

IN_QUESTION = "in-question:"
"""Prefix of a Want that asks whether there are writes of another flow of which nobody knows what became of them."""

READ_BACK_SECONDS = 5.0
"""Lines are known once a record was read back, which follows its write within seconds unless lists lag."""

REFERENCE_AGE = timedelta(minutes=10)


@dataclass(slots=True)
class Cache:
    """Links, value maps and reference rows read during one batch."""

    work: Work
    shelf: dict[tuple[str, str], Row] = field(default_factory=dict)  # reference rows that this task has seen
    links: dict[tuple[str, str], Link | None] = field(default_factory=dict)
    sources: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    in_question: dict[str, bool] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    references: dict[tuple[str, str], Row | None] = field(default_factory=dict)
    claims: dict[str, Asked] = field(default_factory=dict)
    hints: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def prepare(self, wants: Sequence[Want], now: datetime) -> None:
        """Reads what a batch will ask for, in one statement or remote call per kind."""
        wants = [want for want in wants if not want.kind.startswith((LINKED_TO, IN_QUESTION))]
        self.tables = {**tables(self.work.flow.maps), **self.work.assumed}
        kinds: dict[str, set[str]] = defaultdict(set)
        for want in wants:
            if want.kind.startswith(LINK):
                kinds[want.kind].add(want.key)
            elif want.via:
                kinds[f"{LINK}{want.via}"].add(want.key)
        for kind, keys in kinds.items():
            self._read_links(kind.removeprefix(LINK), keys)
        for kind, fresh in dict.fromkeys((w.kind, w.fresh) for w in wants if not w.kind.startswith(LINK)):
            if keys := {self._key(want) for want in wants if (want.kind, want.fresh) == (kind, fresh)} - {""}:
                self._read_references(kind, keys, now, fresh=fresh)

    def read_sources(self, wants: Sequence[Want]) -> None:
        """Reads who leads to the target records that were asked for. To be called last, ahead of planning.

        What is in question is asked first: what is settled in between has its link by then.
        """
        asked = {want.kind.removeprefix(IN_QUESTION) for want in wants if want.kind.startswith(IN_QUESTION)}
        self.in_question.update({flow: in_question(flow) for flow in sorted(asked)})
        keys: dict[str, set[str]] = defaultdict(set)
        for want in wants:
            if want.kind.startswith(LINKED_TO):
                keys[want.kind.removeprefix(LINKED_TO)].add(want.key)
        for flow, targets in keys.items():
            self.sources.update({(flow, target): () for target in targets})
            found = Link.objects.filter(flow=flow, target_key__in=targets).order_by("source_key")
            for target, source in found.values_list("target_key", "source_key"):
                self.sources[flow, target] = (*self.sources[flow, target], source)

    def suggest(self, value_map: str, code: str, label: str) -> tuple[str, ...]:
        """What a code without a value may mean, for the person who has to say it; asked once per batch."""
        if (value_map, code) not in self.hints:
            sync, kind = self.work.sync, self.work.flow.map_kinds.get(value_map, "")
            self.hints[value_map, code] = hints([sync.source_id, sync.target_id], kind, code, label)
        return self.hints[value_map, code]

    def _key(self, want: Want) -> str:
        """The key of a wanted row; "" if the link or the value that leads to it is missing."""
        if want.mapped:
            entry = self.tables[want.mapped].find(want.key) if want.mapped in self.tables else None
            return entry.value if entry else ""
        link = self.links[want.via, want.key] if want.via else None
        return (link.target_key if link else "") if want.via else want.key

    def _read_links(self, flow: str, keys: set[str]) -> None:
        found = Link.objects.filter(flow=flow, source_key__in=keys).only(
            "source_key", "target_key", "lines", "verified_at"
        )
        self.links.update({(flow, key): None for key in keys})
        self.links.update({(flow, link.source_key): link for link in found})

    def _read_references(self, kind: str, keys: set[str], now: datetime, *, fresh: bool = False) -> None:
        """Cached rows younger than ten minutes, the rest from the target. What does not exist is asked again."""
        if kind.startswith(SOURCE):
            with asking("source"):
                found = self.work.lookup_source(self.work.source, kind.removeprefix(SOURCE), sorted(keys))
            self.references.update({(kind, key): found.get(key) for key in keys})
            return
        if fresh:
            found = self.work.lookup(self.work.target, kind, sorted(keys))
            self.references.update({(kind, key): found.get(key) for key in keys})
            return
        rows = {key: self.shelf[kind, key] for key in keys if (kind, key) in self.shelf}
        rows.update(self._kept(kind, keys - rows.keys(), now))
        self.shelf.update({(kind, key): row for key, row in rows.items()})
        self.references.update({(kind, key): rows.get(key) for key in keys})

    def _kept(self, kind: str, keys: set[str], now: datetime) -> dict[str, Row]:
        if not keys:
            return {}
        connection = self.work.sync.target
        cached = Reference.objects.filter(
            connection=connection, kind=kind, key__in=keys, refreshed_at__gt=now - REFERENCE_AGE
        )
        rows: dict[str, Row] = {reference.key: reference.row for reference in cached}
        missing = sorted(keys - rows.keys())
        if missing:
            found = self.work.lookup(self.work.target, kind, missing)
            keep_references(connection, kind, found, now)
            rows.update(found)
        return rows


def in_question(flow: str) -> bool:
    """Whether there is a write of that flow of which nobody knows what became of it."""
    kind, outcome = Attempt.Kind.WRITE, Attempt.Outcome.UNKNOWN
    return Attempt.objects.filter(kind=kind, outcome=outcome, resolution="", step__delivery__sync__flow=flow).exists()


@dataclass(slots=True)
class Asked:
    """`flow.Lookups` over a batch's cache; `used` is what one record asked, with the answers."""

    cache: Cache
    used: list[dict[str, str]] = field(default_factory=list)
    hoped: set[tuple[str, str]] = field(default_factory=set)

    def linked(self, flow: str, source_key: str) -> str:
        """The target key that a source record became. Raises NotReady."""
        link = self._link(flow, source_key)
        self._used("link", flow, source_key, link.target_key)
        return link.target_key

    def lines(self, flow: str, source_key: str) -> Mapping[str, str]:
        """The line crosswalk of a link. Raises NotReady, and Awaiting until the record was read back."""
        link = self._link(flow, source_key)
        if not link.lines and link.verified_at is None:
            message = f"Waits until {flow} {source_key} was read back with its lines."
            raise Awaiting(message, seconds=READ_BACK_SECONDS, code="not-read-back")
        lines: Mapping[str, str] = link.lines
        return lines

    def sources(self, flow: str, target_key: str) -> tuple[str, ...]:
        """The source keys that are linked to a target record, in order."""
        if (flow, target_key) in self.cache.sources:
            return self.cache.sources[flow, target_key]
        found = Link.objects.filter(flow=flow, target_key=target_key).order_by("source_key")
        return tuple(found.values_list("source_key", flat=True))

    def source_of(self, flow: str, target_key: str) -> str:
        """The source key that a target record is linked to. Raises NotReady, NeedsPerson where there are several."""
        found = self.sources(flow, target_key)
        if not found:
            message = f"Waits until {flow} leads to {target_key}."
            raise NotReady(message, needs=linked_to_key(flow, target_key))
        if len(found) > 1:
            message = f"Several records of {flow} lead to {target_key}: {', '.join(found)}."
            raise NeedsPerson(message, code="several-sources")
        self._used("source", flow, target_key, found[0])
        return found[0]

    def sender(self, flow: str, marker: str) -> str:
        """The source key of the record of which a write bears this marker; "" for none."""
        steps = Step.objects.filter(marker=marker, delivery__sync__flow=flow)
        return steps.values_list("delivery__source_key", flat=True).first() or ""

    def in_question(self, flow: str) -> bool:
        """Whether it was not known, before `sources` were read, what became of a write of that flow."""
        known = self.cache.in_question.get(flow)
        return in_question(flow) if known is None else known

    def codes_for(self, value_map: str, value: str) -> tuple[str, ...]:
        """The codes that the customer has mapped to a value, in order."""
        return self.cache.tables[value_map].codes(value) if value_map in self.cache.tables else ()

    def known(self, flow: str, source_key: str) -> Known:
        """What the ledger holds of a record of another flow."""
        named = Q(source_key=source_key) | Q(source_key__startswith=f"{source_key}#")
        parts = parts_of(source_key, {link.source_key: link for link in Link.objects.filter(named, flow=flow)})
        unfinished = Delivery.objects.filter(
            sync__flow=flow, source_key=source_key, state__in=[*Delivery.OPEN, Delivery.State.BEHIND]
        )
        one = unfinished.order_by("number").only("state", "code", "reason").first()
        return Known(
            {name: Linked(link.target_key, link.observed, link.lines, link.generation) for name, link in parts.items()},
            *((one.state, one.code, one.reason) if one else ()),
        )

    def why_not(self, flow: str, source_key: str) -> str:
        """Why nothing will come of a record of another flow; "" while something may."""
        reason = refusal(flow, source_key)
        if not reason:
            self.hoped.add((flow, source_key))
        return reason

    def _link(self, flow: str, source_key: str) -> Link:
        if (flow, source_key) not in self.cache.links:
            self.cache._read_links(flow, {source_key})
        link = self.cache.links[flow, source_key]
        if link is None or not link.target_key:
            raise NotReady(f"Waits until {flow} {source_key} exists there.", needs=link_key(flow, source_key))
        return link

    def mapped(self, value_map: str, key: str, *, label: str = "") -> str:
        """The customer's value for a code: its own row's, else that of the closest rule. Raises Unmapped."""
        entry = self._mapped(value_map, key)
        if entry is None:
            named = f"{key} ({label})" if label else key
            raise Unmapped(
                f"No value is mapped for {value_map} {named}.",
                needs=map_key(value_map, key),
                suggestions=self.cache.suggest(value_map, key, label),
                code=f"unmapped-{value_map}",
            )
        return entry.value

    def mapped_or(self, value_map: str, key: str, default: str) -> str:
        """The customer's value for a code, or the default. Raises Unmapped for a value that has vanished."""
        entry = self._mapped(value_map, key)
        if entry is None:
            self._used("map", value_map, key, default)
        return entry.value if entry else default

    def _mapped(self, value_map: str, key: str) -> Entry | None:
        """The row that counts; the audit says which rule it was. Raises Unmapped for a value that has vanished."""
        table = self.cache.tables.get(value_map)
        entry = table.find(key) if table else None
        if entry is None:
            return None
        if entry.vanished:
            by = f" by the rule {entry.key}" if entry.is_rule else ""
            raise Unmapped(
                f"{value_map} {key} is mapped{by} to {entry.value}, which is no longer there or no longer active.",
                needs=map_key(value_map, key),
                code="value-vanished",
            )
        self._used("map", value_map, key, entry.value, **({"rule": entry.key} if entry.is_rule else {}))
        return entry

    def claim(self, target_key: str) -> bool:
        """Whether no link points at that target record and no other record of the batch has claimed it before."""
        if self.cache.claims.setdefault(target_key, self) is not self:
            return False
        return not Link.objects.filter(flow=self.cache.work.flow.name, target_key=target_key).exists()

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        """A row of the target's reference data, or None where it does not exist. `fresh`: read just now."""
        if (kind, key) not in self.cache.references:
            self.cache._read_references(kind, {key}, self.cache.work.clock(), fresh=fresh)
        return self.cache.references[kind, key]

    def _used(self, kind: str, name: str, key: str, value: str, **more: str) -> None:
        entry = {"kind": kind, "name": name, "key": key, "value": value, **more}
        if entry not in self.used:
            self.used.append(entry)
