"""Purchase orders or purchase requisitions, as the flow plans: one target with two kinds of records."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from integrations.flow import Row, Sent, Write
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.writers import PURCHASE_ORDERS, REQUISITIONS
from integrations.systems.sap.writing import ObjectWriter

REQUISITION = "PR-"
"""What keys and marks of requisitions begin with, since the numbers of both kinds look alike."""


@dataclass(frozen=True, slots=True)
class EitherWriter:
    """Writes of the action "create-requisition", and keys and marks with the prefix, belong to `other`."""

    first: ObjectWriter
    other: ObjectWriter
    prefix: str = REQUISITION

    def key(self, row: Row) -> str:
        """The target key of a row of either kind."""
        is_other = all(name in row for name in self.other.identity)
        return self.prefix + self.other.key(row) if is_other else self.first.key(row)

    def fetch(self, client: SapClient, keys: Sequence[str]) -> dict[str, Row]:
        """Current rows by target key."""
        theirs, ours = self._split(keys)
        found = self.first.fetch(client, ours) if ours else {}
        others = self.other.fetch(client, theirs) if theirs else {}
        return {**found, **{self.prefix + key: row for key, row in others.items()}}

    def send(self, client: SapClient, write: Write) -> Sent:
        """One create of either kind."""
        if write.action != "create-requisition":
            return self.first.send(client, write)
        sent = self.other.send(client, replace(write, action="create"))
        return Sent(self.prefix + sent.key, sent.exchange)

    def find(self, client: SapClient, markers: Collection[str], since: datetime) -> dict[str, list[Row]]:
        """Rows by mark. A kind is only looked at for marks of its own: a tenant may offer just one of them."""
        ours = {mark for mark in markers if not mark.startswith(self.prefix)}
        theirs = set(markers) - ours
        found = self.first.find(client, ours, since) if ours else {}
        return {**found, **(self.other.find(client, theirs, since) if theirs else {})}

    def directory(self, client: SapClient) -> list[Row]:
        """All orders, for matching before a create."""
        return self.first.directory(client)

    def _split(self, keys: Sequence[str]) -> tuple[list[str], list[str]]:
        theirs = [key.removeprefix(self.prefix) for key in keys if key.startswith(self.prefix)]
        return theirs, [key for key in keys if not key.startswith(self.prefix)]


ORDERS_OR_REQUISITIONS = EitherWriter(PURCHASE_ORDERS, REQUISITIONS)
