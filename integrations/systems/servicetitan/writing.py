"""How objects are written and found again: `integrations.flow.Writer` as a declaration of facts.

ServiceTitan has no idempotency key. A create carries a marker, and after a lost answer the record is looked for by
it; changes, cancellations and approvals need none, because the state itself can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from integrations.errors import IntegrationError, Misconfigured, Rejected, Unknown
from integrations.flow import Row, Sent, Write
from integrations.http import Answer
from integrations.systems.servicetitan.answers import Missing
from integrations.systems.servicetitan.client import NormalRow, ServiceTitanClient, is_id
from integrations.systems.servicetitan.formats import Body, wire
from integrations.systems.servicetitan.resources import MAX_IDS, Resource

# How far before our own start a record may seem to have been created: the two clocks differ.
CLOCK_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One kind of write. `path` lies below the collection, {key} is the target key; `missing` judges a 404."""

    method: str
    creates: bool = False
    path: str = ""
    body: Body | None = None
    missing: Missing = "refused"


class Finder(Protocol):
    """Finds created records by their markers."""

    def find(
        self, client: ServiceTitanClient, resource: Resource, markers: Collection[str], since: datetime
    ) -> dict[str, list[Row]]: ...


@dataclass(frozen=True, slots=True)
class ByExternalData:
    """By a value under our key in the external data: exact, whenever the record was made."""

    key: str

    def find(
        self, client: ServiceTitanClient, resource: Resource, markers: Collection[str], since: datetime
    ) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {marker: [] for marker in markers}
        asked = list(found)
        for start in range(0, len(asked), MAX_IDS):
            self._batch(client, resource, asked[start : start + MAX_IDS], found)
        return found

    def _batch(
        self, client: ServiceTitanClient, resource: Resource, asked: Sequence[str], found: dict[str, list[Row]]
    ) -> None:
        if any("," in marker for marker in asked):
            raise ValueError("a marker with a comma cannot be asked for")
        params = (("externalDataKey", self.key), ("externalDataValues", ",".join(asked)))
        strays, readable = 0, False
        for row in client.rows(resource, params):
            readable = readable or bool(row["externalData"])
            marker = external_value(row, self.key)
            if marker in asked:
                found[marker].append(row)
            else:
                strays += 1
        if strays and not readable:
            message = f"ServiceTitan ignored the look-up by external data on {resource.title}: check the app's GUID."
            raise Misconfigured(message, code="external-data-ignored")


@dataclass(frozen=True, slots=True)
class ByText:
    """By a marker that stands as a word of its own in a text, among the rows created in the window."""

    member: str

    def find(
        self, client: ServiceTitanClient, resource: Resource, markers: Collection[str], since: datetime
    ) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {marker: [] for marker in markers}
        if not found:
            return found
        start = utc_text(since - CLOCK_MARGIN)
        longest_first = sorted(found, key=len, reverse=True)
        word = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
        for row in client.rows(resource, (("createdOnOrAfter", start),)):
            for marker in set(word.findall(str(row.get(self.member) or ""))):
                found[marker].append(row)
        return found


@dataclass(frozen=True, slots=True)
class Nothing:
    """Never created by us: there is nothing to find."""

    def find(
        self, client: ServiceTitanClient, resource: Resource, markers: Collection[str], since: datetime
    ) -> dict[str, list[Row]]:
        return {marker: [] for marker in markers}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectWriter:
    """Writes one collection. `external_key`: our key in the external data, "" where the object has none.

    Bodies carry the vendor's member names. A member `externalData` is a plain mapping of our keys to values (null
    deletes one); the writer adds the GUID and merges, so keys of others stay.
    """

    resource: Resource
    actions: Mapping[str, Action]
    finder: Finder = field(default_factory=Nothing)
    external_key: str = ""

    def key(self, row: Row) -> str:
        """The id of a row."""
        return str(row["id"])

    def fetch(self, client: ServiceTitanClient, keys: Sequence[str]) -> dict[str, Row]:
        """Rows by id, 50 in a call; what is absent is not (yet) visible there."""
        return dict(client.records(self.resource, keys))

    def send(self, client: ServiceTitanClient, write: Write) -> Sent:
        """One write. Raises Misconfigured, before anything is sent, for what the API does not have."""
        action = self.actions.get(write.action)
        if action is None:
            raise Misconfigured(f"{self.resource.title} cannot be written by {write.action!r}", code="no-such-action")
        if action.creates == bool(write.key):
            message = f"{write.action} of {self.resource.title} {'takes no' if action.creates else 'needs a'} key"
            raise Misconfigured(message, code="no-such-action")
        if write.key and not is_id(write.key):
            raise Misconfigured(f"{write.key!r} is no id of {self.resource.title}.", code="no-id")
        body = self.body(client, action, write)
        path = action.path.replace("{key}", write.key)
        answer = client.once(client.writing(self.resource, action.method, path, body, missing=action.missing))
        return Sent(self.read_key(answer, write), answer.exchange)

    def find(self, client: ServiceTitanClient, markers: Collection[str], since: datetime) -> dict[str, list[Row]]:
        """Rows by marker; every row was compared with what was asked for."""
        return self.finder.find(client, self.resource, markers, since)

    def directory(self, client: ServiceTitanClient) -> list[Row]:
        """All rows, active or not."""
        return list(client.rows(self.resource))

    def body(self, client: ServiceTitanClient, action: Action, write: Write) -> dict[str, Any] | None:
        """The body with the types that the API demands, marked with our key."""
        if action.body is None:
            return None
        values = dict(write.body)
        external = dict(values.pop("externalData", None) or {})
        if self.external_key and write.marker:
            external[self.external_key] = write.marker
        if external:
            values["externalData"] = _external(client.account.external_data_guid, external, new=not write.key)
        return wire(values, action.body)

    def read_key(self, answer: Answer, write: Write) -> str:
        """The id in the answer of a create; a write to a known record keeps its key.

        An answer to a create that names no id leaves it unknown what happened.
        """
        if write.key:
            return write.key
        body = answer.json()
        number = body.get("id") if isinstance(body, dict) else None
        if isinstance(number, bool) or not isinstance(number, int):
            raise Unknown("ServiceTitan accepted a create but named no id.", exchange=answer.exchange)
        return str(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportMarker(ObjectWriter):
    """Marks bills as exported, many in one call: HTTP 200 may hold a refusal for each, and there is no way back."""

    at_once: int = MAX_IDS

    def send(self, client: ServiceTitanClient, write: Write) -> Sent:
        """One bill."""
        (answer,) = self.send_all(client, [write])
        if isinstance(answer, IntegrationError):
            raise answer
        return answer

    def send_all(self, client: ServiceTitanClient, writes: Sequence[Write]) -> list[Sent | IntegrationError]:
        """These bills in one call. What the answer says of a bill counts for it alone; silence is no answer."""
        (name,) = {write.action for write in writes}
        action = self.actions.get(name)
        if action is None or action.body is None:
            raise Misconfigured(f"{self.resource.title} cannot be written by {name!r}", code="no-such-action")
        body = wire({"billIds": [write.key for write in writes]}, action.body)
        answer = client.once(client.writing(self.resource, action.method, action.path, body, missing=action.missing))
        results = answer.json()
        return [_marked(write.key, results if isinstance(results, list) else [], answer) for write in writes]


def _marked(key: str, results: Sequence[Any], answer: Answer) -> Sent | IntegrationError:
    mine = [row for row in results if _is_result(row, key)]
    if len(mine) != 1:
        return Unknown(f"ServiceTitan did not say whether it marked bill {key}.", exchange=answer.exchange)
    if mine[0].get("success") is not True:
        words = mine[0].get("errorMessage") or "no reason given"
        return Rejected(f"ServiceTitan did not mark bill {key} as exported: {words}", exchange=answer.exchange)
    return Sent(key, answer.exchange)


def external_value(row: Mapping[str, Any], key: str) -> str:
    """Our value under a key of a row's external data, "" where there is none."""
    for entry in row.get("externalData") or ():
        if isinstance(entry, Mapping) and entry.get("key") == key:
            return str(entry.get("value") or "")
    return ""


def utc_text(moment: datetime) -> str:
    """A moment as the API's filters take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _external(guid: str, values: Mapping[str, str | None], *, new: bool) -> NormalRow:
    entries = [{"key": key, "value": value} for key, value in values.items()]
    if new:
        return {"applicationGuid": guid, "externalData": entries}
    return {"patchMode": "Merge", "applicationGuid": guid, "externalData": entries}


def _is_result(row: Any, key: str) -> bool:
    return isinstance(row, dict) and str(row.get("billId")) == key
