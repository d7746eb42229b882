"""Reference data of a customer's systems: kept, searched, and held against what the value maps say.

A kind (business-unit, sku, company-code, ...) is read as a whole, page by page within the connection's budget, after
everything else that wants to go out. Only a complete reading removes rows that it did not show. A map's value is asked
for at the live system before it is saved, and compared with the reading of every night.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from integrations import catalogue, connections, engine
from integrations.engine import Given, Lease
from integrations.errors import IntegrationError
from integrations.flow import Row
from integrations.mapping_rules import problem_with
from integrations.models import Connection, FitReport, Progress, Reference, Sync, ValueMap
from integrations.running import CustomerSchedule, utc_now
from integrations.suggestions import Suggestion
from tenants.models import Customer

log = logging.getLogger(__name__)

ONLY_IF_MAPPED = frozenset({"job", "vendor", "sku", "sku-code", "warehouse", "truck"})
"""Kinds that are large, or part of another kind: kept only where a map of the customer's flows leads to them."""
ONLY_IF_SAID = frozenset({"budget-code"})
"""Kinds that only some tenants have: kept only where a map that leads to them has rows."""
MAY_REST = frozenset({"vendor"})
"""Kinds whose inactive rows may stand in a map: flows switch vendors off and on themselves."""
MOST_FOUND = 50

End = tuple[str, Connection, Connection]
"""A flow's name with its source and its target."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of reading one kind. `problem`: why it could not be read; then everything stayed as it was."""

    connection: str
    kind: str
    rows: int = 0
    removed: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a customer's refresh: kinds, values that have vanished or are back since the last one."""

    kinds: tuple[Refreshed, ...]
    vanished: tuple[str, ...]
    back: tuple[str, ...]
    unchecked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lead:
    """Where the values of a map lead to: a kind of reference data at a connection."""

    kind: str
    connection: Connection

    def __str__(self) -> str:
        return f"{connections.system_of(self.connection.system).TITLE} has no {self.kind}"


@dataclass(slots=True)
class Checked:
    """Which values are wrong, each with a sentence, and which maps could not be checked, with the reason."""

    wrong: dict[Given, str] = field(default_factory=dict)
    unchecked: list[str] = field(default_factory=list)


class WrongValues(Exception):
    """Values that do not exist where their maps lead to, or rules that are none; nothing was saved."""

    def __init__(self, wrong: Mapping[Given, str]) -> None:
        super().__init__(" ".join(wrong.values()))
        self.wrong = wrong


def refresh(
    account: Connection, *, clock: Callable[[], datetime] = utc_now, lease: Lease | None = None
) -> list[Refreshed]:
    """Reads every kind that the customer's flows need of this connection. A kind that cannot be read stays as it is."""
    if account.state == Connection.State.PAUSED:
        return [Refreshed(account.name, kind, problem=f"Paused: {account.pause_reason}") for kind in kinds_of(account)]
    try:
        client = connections.open_client(account, read_only=True, priority="backfill")
    except IntegrationError as error:
        return [Refreshed(account.name, kind, problem=error.message) for kind in kinds_of(account)]
    try:
        return [_refresh_kind(account, client, kind, clock, lease) for kind in kinds_of(account)]
    finally:
        client.session.close()


def kinds_of(account: Connection) -> list[str]:
    """The kinds of this connection that are kept."""
    flows = [catalogue.flows()[end[0]] for end in _ends() if account in end[1:]]
    mapped = {catalogue.map_kind(name) for flow in flows for name in flow.maps}
    said = {catalogue.map_kind(name) for name in ValueMap.objects.order_by().values_list("map", flat=True).distinct()}
    kinds = connections.system_of(account.system).KINDS
    return [
        kind
        for kind in kinds
        if (kind not in ONLY_IF_MAPPED or kind in mapped) and (kind not in ONLY_IF_SAID or kind in said)
    ]


def refresh_customer(
    customer: Customer, *, clock: Callable[[], datetime] = utc_now, lease: Lease | None = None
) -> Report:
    """Refreshes all connections, then checks all maps. To be called in the customer's schema; safe to run twice.

    `lease` is renewed before each kind. Raises LeaseLost if somebody else has taken over.
    """
    accounts = {account.pk: account for _, source, target in _ends() for account in (source, target)}.values()
    began_at = clock()
    done = [refreshed for account in accounts for refreshed in refresh(account, clock=clock, lease=lease)]
    vanished, back, unchecked = _check_all(customer, began_at, clock())
    return Report(tuple(done), tuple(vanished), tuple(back), tuple(unchecked))


def search(connection: Connection, kind: str, text: str, *, most: int = MOST_FOUND) -> list[Reference]:
    """Kept rows whose key begins with the text, whose code is it, or whose name contains it; in order of names."""
    rows = Reference.objects.filter(connection=connection, kind=kind)
    text = text.strip()
    fitting = Q(key__startswith=text) | Q(name__icontains=text) | Q(row__code__iexact=text)
    return list(rows.filter(fitting | Q(row__accountCode__iexact=text)).order_by("name", "key")[:most])


def suggest(value_map: str, key: str, label: str = "") -> tuple[Suggestion, ...]:
    """What a code may mean, best first; never applied by itself. Without a label the code's own name is compared."""
    lead = leads([value_map]).get(value_map)
    if lead is None:
        return ()
    own = Reference.objects.filter(kind=value_map, key=key).exclude(connection=lead.connection).first()
    return engine.suggest([lead.connection.pk], lead.kind, key, label or (own.name if own else ""))


def suggest_all(value_map: str, keys: Collection[str]) -> dict[str, tuple[Suggestion, ...]]:
    """The same for many codes in a few statements; each is compared by its own name."""
    lead = leads([value_map]).get(value_map)
    if lead is None:
        return dict.fromkeys(keys, ())
    own = Reference.objects.filter(kind=value_map, key__in=keys).exclude(connection=lead.connection)
    names = dict(own.values_list("key", "name"))
    return engine.suggest_all([lead.connection.pk], lead.kind, {key: names.get(key, "") for key in keys})


def save_values(customer: Customer, values: Collection[Given], *, by: str, now: datetime) -> tuple[int, list[str]]:
    """Saves rows of value maps once their values have been found in the live system; all of them or none.

    Returns how many deliveries go on because of it, and why some could not be checked (the nightly check will).
    Raises WrongValues.
    """
    checked = check(values)
    if checked.wrong:
        raise WrongValues(checked.wrong)
    return save_checked(customer, values, by=by, now=now), checked.unchecked


def save_checked(
    customer: Customer, values: Collection[Given], *, by: str, now: datetime, send_again: bool = True
) -> int:
    """Saves what `check` has found to be right; returns how many deliveries go on because of it."""
    plan = CustomerSchedule(customer.pk)
    return engine.save_values(values, by=by, schedule=plan, now=now, send_again=send_again)


def check(values: Collection[Given], ends: Iterable[End] | None = None) -> Checked:
    """Holds values against the live systems. `ends`: syncs that are about to be made, with their connections."""
    checked = Checked()
    for given in values:
        if sentence := problem_with(given.key, exact=catalogue.is_exact(given.map)):
            checked.wrong[given] = f"{given.map}: {sentence}"
    found = leads({given.map for given in values}, ends)
    for name in sorted({given.map for given in values}):
        if catalogue.map_kind(name):
            _check_map(
                name,
                [given for given in values if given.map == name],
                found.get(name),
                checked,
                unsaved=ends is not None,
            )
    return checked


def leads(maps: Collection[str], ends: Iterable[End] | None = None) -> dict[str, Lead]:
    """Where these maps lead to, among the syncs whose flows ask them."""
    found: dict[str, Lead] = {}
    for flow, source, target in _ends() if ends is None else ends:
        for name in set(catalogue.flows()[flow].maps) & set(maps):
            kind = catalogue.map_kind(name)
            for account in (target, source):
                if kind and kind in connections.system_of(account.system).KINDS:
                    found.setdefault(name, Lead(kind, account))
    return found


def _ends() -> list[End]:
    """Of every flow that is set up; then of those of the newest fit report: codes are mapped before a flow is."""
    syncs = Sync.objects.select_related("source", "target")
    found = [(sync.flow, sync.source, sync.target) for sync in syncs if sync.flow in catalogue.flows()]
    return [*found, *_planned({end[0] for end in found})]


def _planned(known: Collection[str]) -> list[End]:
    reports = FitReport.objects.filter(state=Progress.FINISHED).select_related("sap", "servicetitan")
    report = reports.only("flows", "sap", "servicetitan").order_by("-id").first()
    if report is None or report.sap is None or report.servicetitan is None:
        return []
    pair = {"sap": report.sap, "servicetitan": report.servicetitan}
    flows = [catalogue.flows()[name] for name in report.flows if name in catalogue.flows() and name not in known]
    return [(flow.name, pair[flow.source_system], pair[flow.target_system]) for flow in flows]


def _refresh_kind(
    account: Connection, client: Any, kind: str, clock: Callable[[], datetime], lease: Lease | None
) -> Refreshed:
    system, now = connections.system_of(account.system), clock()
    if lease is not None:
        lease.renew(now)
    try:
        rows = {system.key_of(kind, row): row for row in system.everything(client, kind)}
    except IntegrationError as error:
        log.warning("reference data not read", extra={"kind": kind, "code": error.code})
        return Refreshed(account.name, kind, problem=error.message)
    if not rows and Reference.objects.filter(connection=account, kind=kind).exists():
        return Refreshed(account.name, kind, problem="It answered with an empty list, which is not believed.")
    kept = engine.keep_references(account, kind, rows, now)
    return Refreshed(account.name, kind, kept, engine.forget_references(account, kind, now))


def _check_map(name: str, values: list[Given], lead: Lead | None, checked: Checked, *, unsaved: bool) -> None:
    asked = [given for given in values if given.value not in catalogue.map_words(name)]
    if lead is None:
        checked.unchecked.append(f"{name}: no sync leads there yet.")
        return
    try:
        rows = _ask(lead, sorted({given.value for given in asked}), unsaved)
    except IntegrationError as error:
        checked.unchecked.append(f"{name}: {error.message}")
        return
    for given in asked:
        if sentence := _wrong(given, lead, rows):
            checked.wrong.setdefault(given, sentence)


def _ask(lead: Lead, values: list[str], unsaved: bool) -> Mapping[str, Row]:
    client = connections.open_client(lead.connection, read_only=True, unsaved=unsaved)
    try:
        rows: Mapping[str, Row] = connections.system_of(lead.connection.system).lookup(client, lead.kind, values)
        return rows
    finally:
        client.session.close()


def _wrong(given: Given, lead: Lead, rows: Mapping[str, Row]) -> str:
    """Why a value may not stand in its map, "" if it may."""
    row = rows.get(given.value)
    if row is None:
        return f"{given.map} {given.key} is mapped to {given.value}: {lead} {given.value}."
    if row.get("active") is False and lead.kind not in MAY_REST:
        return f"{given.map} {given.key} is mapped to {given.value}: this {lead.kind} is not active."
    return ""


def _check_all(customer: Customer, began_at: datetime, now: datetime) -> tuple[list[str], list[str], list[str]]:
    """Compares all maps with what was read since `began_at`; a kind that was not read is not judged."""
    missing, present, unchecked = [], [], list[str]()
    for name, lead in leads({name for flow in catalogue.flows().values() for name in flow.maps}).items():
        values = _stored(name)
        fresh = Reference.objects.filter(connection=lead.connection, kind=lead.kind, refreshed_at__gte=began_at)
        if values and not fresh.exists():
            unchecked.append(f"{name}: {lead.kind} could not be read.")
            continue
        rows = {row.key: row.row for row in fresh.filter(key__in={given.value for given in values})}
        missing += [given for given in values if _wrong(given, lead, rows)]
        present += [given for given in values if not _wrong(given, lead, rows)]
    vanished, back = engine.found_missing(missing, present, schedule=CustomerSchedule(customer.pk), now=now)
    return [str(row) for row in vanished], [str(row) for row in back], unchecked


def _stored(name: str) -> list[Given]:
    rows = ValueMap.objects.filter(map=name).exclude(value__in=catalogue.map_words(name))
    return [Given(row.map, row.key, row.value) for row in rows]
