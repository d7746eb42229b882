"""What belongs to one SAP tenant: its rows, its clock, its switches; and the stamps that changes leave behind."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.sap.settings import Settings
from simulators.sap.store import Row, Store
from simulators.sap.values import TICKS, Value, moment_of, ticks_of
from simulators.wire import Clock


def _sevenths() -> Iterator[int]:
    """The clock knows microseconds; the seventh digit is made up so that clients meet it."""
    return itertools.cycle((3, 7, 1, 9, 4))


@dataclass
class Tenant:
    """The parts that every change needs."""

    clock: Clock
    store: Store
    settings: Settings = field(default_factory=Settings)
    locks: dict[int, tuple[str, datetime]] = field(default_factory=dict)
    sevenths: Iterator[int] = field(default_factory=_sevenths)

    def lock(self, root: Row, user: str, seconds: float) -> None:
        """A person opens a document for some time: nobody else can change it."""
        self.locks[id(root)] = (user, self.clock.now() + timedelta(seconds=seconds))

    def locked_by(self, root: Row) -> str:
        """Who has a document open, or an empty string."""
        user, until = self.locks.get(id(root), ("", self.clock.now()))
        return user if self.clock.now() < until else ""

    def now_ticks(self) -> int:
        """The present as a stored time stamp with seven digits."""
        return ticks_of(self.clock.now()) + next(self.sevenths)

    def touch(self, row: Row, ticks: int | None = None, *, new: bool = False) -> None:
        """Stamp the document of a row as changed now, or at ``ticks``; ``new`` as created.

        Orders and requisition items carry a time stamp, invoices one in text, partners and cost centers a date and a
        time. Data that belongs to a supplier stamps nothing: its tables have no change field.
        """
        stamp = self.now_ticks() if ticks is None else ticks
        for target in _stamped(row):
            self.store.change(target, self._stamps(target.table.name, stamp, new=new))

    def _stamps(self, table: str, ticks: int, *, new: bool) -> dict[str, Value]:
        # Dates and times without a zone are the system's own.
        moment = moment_of(ticks + self.settings.zone_minutes * 60 * TICKS)
        day, at = moment.date(), moment.time().replace(microsecond=0)
        if table == "PurchaseOrder":
            return {"LastChangeDateTime": ticks, **({"CreationDate": day} if new else {})}
        if table == "RequisitionItem":
            created: dict[str, Value] = {"PurReqCreationDate": day, "CreationDate": day} if new else {}
            return {"LastChangeDateTime": ticks, **created}
        if table == "SupplierInvoice":
            text = self.settings.stamp_prefix + text_stamp(ticks)
            return {"SuplrInvcLstChgDteTmeTxt": text, **({"CreationDate": day} if new else {})}
        if table == "BusinessPartner":
            return {"CreationDate": day, "CreationTime": at} if new else {"LastChangeDate": day, "LastChangeTime": at}
        changed: dict[str, Value] = {"CostCenterLastChangedOnDate": day, "CostCenterLastChangedAtTime": at}
        return changed | ({"CostCenterCreationDate": day, "CostCenterCreationTime": at} if new else {})


def text_stamp(ticks: int) -> str:
    """A time stamp as the text ``YYYYMMDDhhmmss.mmmuuun``: the form of SuplrInvcLstChgDteTmeTxt."""
    return f"{moment_of(ticks):%Y%m%d%H%M%S}.{ticks % 10_000_000:07d}"


_CARRIERS = frozenset({"PurchaseOrder", "RequisitionItem", "SupplierInvoice", "BusinessPartner", "CostCenter"})


def _stamped(row: Row) -> list[Row]:
    if row.table.name == "Requisition":
        return list(row.children("RequisitionItem"))
    above: Row | None = row
    while above is not None and above.table.name not in _CARRIERS:
        above = above.parent
    return [] if above is None else [above]
