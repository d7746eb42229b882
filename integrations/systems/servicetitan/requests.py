"""Purchase order requests after somebody has decided about them, and the orders that come of an approval.

An approved request may not be listed any more, and nothing leads from it to its order (ServiceTitan Inventory V2
OpenAPI: the list names the statuses PendingApproval and Rejected, and neither answer refers to the other).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from integrations.flow import Row
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.client import NormalRow, ServiceTitanClient, is_id
from integrations.systems.servicetitan.resources import Resource
from integrations.systems.servicetitan.writing import ObjectWriter

NOT_LISTED = "NotListed"
"""The status of a request that the list does not show: requests are never deleted, only decided."""

_DECIDED = ("Approved", "Rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWriter(ObjectWriter):
    """Approves and rejects. A decided request that is not listed is read back as one of the status NOT_LISTED."""

    def fetch(self, client: ServiceTitanClient, keys: Sequence[str]) -> dict[str, Row]:
        return requests_by_id(client, keys)


def undecided(row: NormalRow) -> bool:
    """Whether a listed request still waits for somebody, as far as its status tells."""
    return row.get("requestStatus") not in _DECIDED


def requests_by_id(client: ServiceTitanClient, keys: Collection[str]) -> dict[str, Row]:
    """Requests as they are now; one that is not listed has the status NOT_LISTED and nothing else."""
    found = client.records(resources.PURCHASE_ORDER_REQUESTS, keys)
    hidden = {key: {"id": int(key), "requestStatus": NOT_LISTED} for key in keys if is_id(key)}
    return {**hidden, **found}


def purchases_since(client: ServiceTitanClient, keys: Collection[str]) -> dict[str, Row]:
    """By "<moment>" or "<moment> <job id>": {"orders" created since then, "requests" changed since then, "at"}.

    "at" is the server's own time; "" where it does not tell.
    """
    return {key: _since(client, *key.partition(" ")[::2]) for key in keys}


def _since(client: ServiceTitanClient, moment: str, job: str) -> Row:
    only = (("jobId", job),) if job else ()
    orders, at = _rows(client, resources.PURCHASE_ORDERS, (("createdOnOrAfter", moment), *only), job)
    requests, _ = _rows(client, resources.PURCHASE_ORDER_REQUESTS, (("modifiedOnOrAfter", moment), *only), job)
    return {"orders": orders, "requests": requests, "at": at}


def _rows(
    client: ServiceTitanClient, resource: Resource, params: tuple[tuple[str, str], ...], job: str
) -> tuple[list[NormalRow], str]:
    """The rows of that job, or of none; every row is compared, whatever the filter promised."""
    rows, at = [], ""
    for page in client.pages(resource, params):
        at = page.server_time.isoformat() if page.server_time else ""
        rows += [row for row in page.rows if str(row.get("jobId") or "") == job]
    return rows, at
