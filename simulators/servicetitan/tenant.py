"""One tenant: its tables, its credentials, its number sequences. Tenants share nothing but the switches."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.log import Seen
from simulators.servicetitan.contract.notation import Operation
from simulators.servicetitan.contract.scopes import ALL_SCOPES
from simulators.servicetitan.problems import missing
from simulators.servicetitan.switches import Switches
from simulators.servicetitan.table import Keys, Record, Table
from simulators.wire import Clock

APP_KEY = "ak1.canary-app-key"


def _external(record: Record) -> Iterable[tuple[str, str, str]]:
    for guid, pairs in record.external.items():
        for key, value in pairs.items():
            yield guid, key, value


def _by(*members: str) -> dict[str, Keys]:
    def keys(member: str) -> Keys:
        return lambda record: (record.data[member],) if record.data.get(member) is not None else ()

    return {member: keys(member) for member in members}


_TABLES: dict[str, dict[str, Keys]] = {
    "vendors": {"external": _external},
    "purchase-orders": _by("jobId", "projectId", "number"),
    "purchase-order-requests": _by("jobId"),
    "purchase-order-types": {},
    "receipts": _by("purchaseOrderId", "vendorInvoiceNumber", "vendorId", "billId"),
    "ap-bills": _by("purchaseOrderId"),
    "warehouses": {"external": _external},
    "trucks": {"external": _external},
    "materials": {"external": _external},
    "equipment": {"external": _external},
    "business-units": {},
    "jobs": {**_by("jobNumber"), "external": _external},
    "projects": {"external": _external},
    "budget-codes": {},
    "payment-terms": {},
    "gl-accounts": {},
    "tax-zones": {},
    "remittance-vendors": {},
    "tag-types": {},
}


class Tenant:
    """Everything that belongs to one tenant id."""

    def __init__(self, number: int, clock: Clock, switches: Switches) -> None:
        self.number = number
        self.name = f"Tenant {number}"
        self.app_key = APP_KEY
        self.client_id = f"cid.canary-{number}"
        self.client_secrets = [f"cs1.canary-{number}"]
        self.scopes = set(ALL_SCOPES)
        self.clock, self.switches = clock, switches
        self.tables = {
            name: Table(name, clock, switches, keys, stamped=name != "budget-codes") for name, keys in _TABLES.items()
        }
        self.custom_fields: dict[str, list[dict[str, Any]]] = {}
        self.sequences: Counter[str] = Counter()
        self.due_bills: list[tuple[datetime, int]] = []
        self._last_id = number % 89 * 1000

    def next_id(self) -> int:
        """A fresh id; ids are unique within the tenant over all kinds."""
        self._last_id += 1
        return self._last_id

    def __getitem__(self, table: str) -> Table:
        return self.tables[table]

    def sku(self, number: int) -> tuple[str, Record] | None:
        """A material or piece of equipment by id, with its type; None for anything else."""
        for kind, table in (("Material", "materials"), ("Equipment", "equipment")):
            record = self.tables[table].rows.get(number)
            if record is not None:
                return kind, record
        return None

    def location(self, number: int) -> Record | None:
        """A warehouse or a truck by id."""
        return self.tables["warehouses"].rows.get(number) or self.tables["trucks"].rows.get(number)


@dataclass(slots=True)
class Call:
    """One accepted call: who, what, and its checked parameters and body."""

    tenant: Tenant
    operation: Operation
    seen: Seen
    given: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    id: int = 0

    def found(self, table: str, kind: str) -> Record:
        """The row that the path names. Raises Refused with 404."""
        record = self.tenant[table].rows.get(self.id)
        if record is None:
            raise missing(kind, self.id)
        return record
