"""One shape for rows that the versions of a service, or several rows of one object, have in different places."""

from __future__ import annotations

from typing import Any

from integrations.systems.sap.entities import DELIVERY_ADDRESS

Row = dict[str, Any]


def order(row: Row) -> Row:
    """A V4 order: an address without any content is none."""
    for item in row["items"]:
        item["delivery_address"] = _address(item["delivery_address"] or {})
    return row


def flat_order(row: Row) -> Row:
    """A V2 order: the flat delivery address of an item becomes an entity, as V4 has it. V4-only members are None."""
    for item in row["items"]:
        item["delivery_address"] = _address({name: item.pop(name, None) for name in DELIVERY_ADDRESS})
        item.update(NetAmount=None, GrossAmount=None, RequirementTracking=None)
    return row


def _address(found: Row) -> Row | None:
    address = {name: found.get(name) or "" for name in DELIVERY_ADDRESS}
    return address if any(value for name, value in address.items() if name != "DeliveryAddressID") else None


def named_cost_center(row: Row) -> Row:
    """A cost center with a name and a description of its own, as V4 has them; V2 has them in the texts only."""
    texts = sorted(row["texts"], key=lambda text: (text["Language"] != "EN", text["Language"]))
    first = texts[0] if texts else {}
    for name in ("CostCenterName", "CostCenterDescription"):
        row[name] = row.get(name) or first.get(name) or ""
    for name in ("CostCenterCreationTime", "CostCenterLastChangedOnDate", "CostCenterLastChangedAtTime"):
        row.setdefault(name, None)
    return row


_CHANGE_PAIR = ("CostCenterLastChangedOnDate", "CostCenterLastChangedAtTime")


def periods(rows: list[Row], today: str) -> Row:
    """A cost center with all its `periods` of validity.

    Its own members are those of the period that holds today, else of the next one, else of the last one; `is_valid`
    tells which. They change on the day that a new period begins.
    """
    ordered = sorted(rows, key=lambda row: str(row["ValidityEndDate"]))
    ahead = [row for row in ordered if str(row["ValidityEndDate"]) >= today]
    current = ahead[0] if ahead else ordered[-1]
    newest = max(rows, key=lambda row: tuple(str(row[name] or "") for name in _CHANGE_PAIR))
    is_valid = bool(ahead) and str(current["ValidityStartDate"] or "") <= today
    return {**current, **{name: newest[name] for name in _CHANGE_PAIR}, "is_valid": is_valid, "periods": ordered}


_TYPE = "PurchaseRequisitionType"


def requisition(rows: list[Row], today: str) -> Row:
    """A requisition with its `items`, in their order; its stamp is that of the item changed last.

    Its type stands at the header, in V2 at each item as well.
    """
    header = next((row["header"] for row in rows if row["header"]), None) or {}
    items = sorted(rows, key=lambda row: row["PurchaseRequisitionItem"].rjust(5, "0"))
    stamps = [row["LastChangeDateTime"] for row in rows if row["LastChangeDateTime"]]
    return {
        "PurchaseRequisition": rows[0]["PurchaseRequisition"],
        _TYPE: header.get(_TYPE) or rows[0].get(_TYPE) or "",
        "PurReqnDescription": header.get("PurReqnDescription") or "",
        "LastChangeDateTime": max(stamps, default=None),
        "items": [{name: value for name, value in row.items() if name not in ("header", _TYPE)} for row in items],
    }
