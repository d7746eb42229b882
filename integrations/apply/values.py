"""Holds the values of a file's maps against the live systems before anything is changed, new connections included."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from integrations import reference_data
from integrations.apply.document import Problems
from integrations.apply.wanted import Wanted, WantedConnection
from integrations.engine import Given
from integrations.fields import reveal
from integrations.models import Connection, Sync, ValueMap
from integrations.reference_data import End
from tenants.models import Customer
from tenants.schema import within


def check_values(wanted: Wanted, problems: Problems, tell: Callable[[str], None]) -> None:
    """Adds a problem for each value that is new or other, and wrong. What could not be checked is told."""
    customer = Customer.objects.filter(schema_name=wanted.customer.schema_name).first()
    if customer is None:
        _check(wanted, {}, {}, set(), problems, tell)
        return
    with within(customer):
        stored = {row.name: row for row in Connection.objects.all()}
        syncs = {sync.flow: (sync.source.name, sync.target.name) for sync in Sync.objects.select_related()}
        rows = set(ValueMap.objects.filter(missing_since=None).values_list("map", "key", "value"))
        _check(wanted, stored, syncs, rows, problems, tell)


def _check(
    wanted: Wanted,
    stored: dict[str, Connection],
    syncs: dict[str, tuple[str, str]],
    rows: set[tuple[str, str, str]],
    problems: Problems,
    tell: Callable[[str], None],
) -> None:
    asked = [Given(each.map, each.key, each.value) for each in wanted.values]
    asked = [given for given in asked if (given.map, given.key, given.value) not in rows]
    accounts = {**stored, **{each.name: _row(each, stored.get(each.name)) for each in wanted.connections}}
    flows = {**syncs, **{each.flow: (each.source, each.target) for each in wanted.syncs}}
    checked = reference_data.check(asked, list(_ends(flows, accounts)))
    for given, sentence in checked.wrong.items():
        problems.add(f"maps.{given.map}", sentence)
    for remark in checked.unchecked:
        tell(f"not checked against the live system: {remark}")


def _ends(flows: dict[str, tuple[str, str]], accounts: dict[str, Connection]) -> Iterator[End]:
    for flow, (source, target) in flows.items():
        yield flow, accounts[source], accounts[target]


def _row(wanted: WantedConnection, stored: Connection | None) -> Connection:
    """The connection as it will be; never saved."""
    row = Connection(name=wanted.name, system=wanted.system, environment=wanted.environment)
    row.base_url, row.ca_bundle, row.options = wanted.base_url, wanted.ca_bundle, dict(wanted.options)
    known = dict(reveal(stored.credentials) or {}) if stored else {}
    row.credentials = dict(wanted.credentials) if wanted.credentials is not None else known
    row.capabilities = stored.capabilities if stored else {}
    return row
