"""How objects are written to SAP and found again: `integrations.flow.Writer` as a declaration of facts.

SAP has no idempotency key. A create carries our mark in a field that can be read and filtered, and after a lost answer
the record is looked for by it. Bodies have the shape of our rows; the version that the tenant offers decides how they
are spelled. 204 is no proof: the engine reads back what was written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from integrations.errors import IntegrationError, Misconfigured, Unknown
from integrations.flow import Row, Sent, Write
from integrations.http import Answer, HttpRequest
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.entity import Entity, Kind
from integrations.systems.sap.odata import Dialect
from integrations.systems.sap.reading import MAX_KEYS, Source, Where
from integrations.systems.sap.services import Offer, Service
from integrations.systems.sap.strategies import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One kind of write in one version of a service.

    `path` lies below the service root. For a change it is an entity set and `key` are the fields of its key with their
    types: their values stand in the body, or are parts of the write's key.
    """

    method: str
    path: str
    entity: Entity
    key: tuple[tuple[str, Kind], ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectWriter:
    """Writes one object.

    `source` reads it back and `reader` knows its key; `mark` names the field that carries the marker, "" where the key
    itself is chosen by us; `created` is the field of the day of creation that bounds the search, "" for none.
    """

    service: Service
    reader: Callable[[SapClient], Strategy]
    actions: Mapping[str, Mapping[str, Action]]
    identity: tuple[str, ...]
    mark: Callable[[SapClient], str]
    mark_length: int
    created: str = ""
    marked: Callable[[Row, str], str] = lambda row, name: str(row.get(name) or "")
    place_mark: Callable[[dict[str, Any], str, str], dict[str, Any]] = lambda body, name, mark: {**body, name: mark}

    def key(self, row: Row) -> str:
        """The target key of a row."""
        return "/".join(str(row[name]) for name in self.identity)

    def fetch(self, client: SapClient, keys: Sequence[str]) -> dict[str, Row]:
        """Current rows by target key; what is absent is not visible there."""
        return {key: change.row for key, change in self.reader(client).fetch(client, keys).items()}

    def send(self, client: SapClient, write: Write) -> Sent:
        """One write. Raises Unknown if no clear answer came, or one that does not tell the new record's key."""
        offer = client.offer(self.service, ask=client.once)
        action = self.actions[offer.version].get(write.action)
        if action is None:
            message = f"This tenant's service for {self.service.title} cannot do that ({write.action})."
            raise Misconfigured(message, code="not-offered")
        request = self._request(client, offer, action, write)
        answer = client.once(request)
        return Sent(write.key or self._new_key(offer, answer, write), answer.exchange)

    def find(self, client: SapClient, markers: Collection[str], since: datetime) -> dict[str, list[Row]]:
        """Rows by marker, created at or after `since`; every row is compared, whatever case SAP keeps it in."""
        found: dict[str, list[Row]] = {marker: [] for marker in markers}
        wanted = {marker.upper(): marker for marker in markers}
        for row in self._marked_rows(client, list(found), since):
            name = self.mark(client)
            marker = wanted.get((self.marked(row, name) if name else self.key(row)).upper())
            if marker is not None:
                found[marker].append(row)
        return found

    def directory(self, client: SapClient) -> list[Row]:
        """All rows, for matching before a create."""
        reader = self.reader(client)
        page = int(client.account.options[reader.page_size])
        rows = list(reader.source(client).every(client, client.without(self.service), [[]], page=page))
        return [change.row for change in reader.changes(client, rows)]

    def _marked_rows(self, client: SapClient, markers: list[str], since: datetime) -> Iterator[Row]:
        reader, name = self.reader(client), self.mark(client)
        if not name:
            yield from (change.row for change in reader.fetch(client, markers).values())
            return
        # A day of grace: nobody tells the zone of a date.
        day = (since - timedelta(days=1)).date().isoformat()
        window = [Where(self.created, "ge", day)] if self.created else []
        source: Source = reader.source(client)
        for start in range(0, len(markers), MAX_KEYS):
            filters = [[Where(name, "eq", marker), *window] for marker in markers[start : start + MAX_KEYS]]
            page = int(client.account.options[reader.page_size])
            rows = list(source.every(client, client.without(self.service), filters, page=page))
            yield from (change.row for change in reader.changes(client, rows))

    def _request(self, client: SapClient, offer: Offer, action: Action, write: Write) -> HttpRequest:
        body = {**action.defaults, **write.body}
        name = self.mark(client)
        if write.marker and name:
            if len(write.marker) > self.mark_length:
                raise Misconfigured(f"The mark {write.marker} does not fit into {name}.", code="mark-too-long")
            body = self.place_mark(body, name, write.marker)
        path, headers = action.path, {}
        known = dict(zip(self.identity, write.key.split("/"), strict=True)) if write.key else {}
        # What is added below a record names the record.
        body = {**{key: value for key, value in known.items() if action.entity.has(key)}, **body}
        if action.key:
            values = {**known, **body}
            path += key_predicate(offer.dialect, [(key, kind, str(values[key])) for key, kind in action.key])
            body = {key: value for key, value in body.items() if key not in dict(action.key)}
            # Nothing else tells these services that the change is meant for whatever stands there now.
            headers = {"If-Match": "*"}
        json = rendered(offer.dialect, action.entity, body)
        return HttpRequest(method=action.method, url=f"{offer.root}/{path}", json=json, headers=headers, write=True)

    def _new_key(self, offer: Offer, answer: Answer, write: Write) -> str:
        if not self.mark_length:
            return "/".join(str(write.body[name]) for name in self.identity)
        try:
            row = offer.dialect.single(answer.json())
        except IntegrationError:
            row = {}  # it was taken, whatever the answer looks like
        values = [str(row.get(name) or "") for name in self.identity]
        if not all(values):
            message = "SAP took the record but did not tell its number."
            raise Unknown(message, code="no-number", exchange=answer.exchange)
        return "/".join(values)


def rendered(dialect: Dialect, entity: Entity, body: Mapping[str, Any]) -> dict[str, Any]:
    """A body of our shape as the dialect spells it. ValueError for a member that is not declared as writable."""
    known = {one.name for one in entity.fields} | {child.name for child in entity.children}
    if strange := sorted(set(body) - known):
        raise ValueError(f"{entity.type} is not written with {strange[0]}")
    found: dict[str, Any] = {
        one.source: dialect.rendered(one.kind, body[one.name])
        for one in entity.fields
        if one.name in body and one.source != "-"
    }
    for child in entity.children:
        if child.name in body:
            value = body[child.name]
            found[child.navigation] = (
                [rendered(dialect, child.entity, one) for one in value]
                if child.many
                else rendered(dialect, child.entity, value)
            )
    return found


def key_predicate(dialect: Dialect, keys: Sequence[tuple[str, Kind, str]]) -> str:
    """The key of one entity in a URL: "('4500000001')" or "(ControllingArea='A000',CostCenter='1')"."""
    literals = [(name, quote(dialect.literal(kind, value), safe="'")) for name, kind, value in keys]
    if len(literals) == 1:
        return f"({literals[0][1]})"
    return "(" + ",".join(f"{name}={literal}" for name, literal in literals) + ")"
