"""What a change leaves behind: the change stamps of a document."""

import itertools

from simulators.sap.store import Row, Store
from simulators.sap.values import moment_of, ticks_of
from simulators.wire import Clock

# The clock knows microseconds; the seventh digit is made up so that clients meet it.
_SEVENTH = itertools.cycle((3, 7, 1, 9, 4))


def touch(store: Store, root: Row, clock: Clock, ticks: int | None = None, *, new: bool = False) -> None:
    """Stamp a document as changed now, or at ``ticks``."""
    stamp = ticks_of(clock.now()) + next(_SEVENTH) if ticks is None else ticks
    moment = moment_of(stamp)
    at = moment.time().replace(microsecond=0)
    name = root.table.name
    if name == "PurchaseOrder":
        store.change(root, {"LastChangeDateTime": stamp})
    elif name == "BusinessPartner":
        columns = ("CreationDate", "CreationTime") if new else ("LastChangeDate", "LastChangeTime")
        store.change(root, dict(zip(columns, (moment.date(), at), strict=True)))
    elif name == "CostCenter":
        store.change(root, {"CostCenterLastChangedOnDate": moment.date(), "CostCenterLastChangedAtTime": at})
