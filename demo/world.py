"""The two worlds of the demo: what SAP holds, which records are unusual on purpose, and what must become of each.

Both simulators start with sound data only. A few records are then bent, one for each kind of trouble, so that the
outcome of every single record is known beforehand, without asking the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from demo.remote import Remote

UNMAPPED_MATERIAL = "HV-19001"
TENANT = "1001"
SPARE_SKU = "22026"  # of the ServiceTitan simulator
REFUSED = {"title": "One or more validation errors occurred.", "status": 400, "errors": {"summary": ["Refused."]}}
Row = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """The state that every record has to reach, by source key."""

    vendors: dict[str, str]
    orders: dict[str, str]

    def count(self, flow: str, state: str) -> int:
        """How many records of a flow have to be in a state."""
        states = self.vendors if flow == "vendors" else self.orders
        return sum(1 for found in states.values() if found == state)

    def there(self, flow: str) -> set[str]:
        """Which records of a flow have to be in ServiceTitan."""
        states = self.vendors if flow == "vendors" else self.orders
        return {key for key, state in states.items() if state in ("delivered", "unchanged")}


class World:
    """What SAP holds, by its control side."""

    def __init__(self, sap: Remote, servicetitan: Remote) -> None:
        self.sap, self.servicetitan = sap, servicetitan
        self.answered = False  # whether a person has answered what only a person can
        self.unblocked = False
        self.replayed: set[str] = set()
        self.read_again()
        names = sorted(self.suppliers)
        self.looks_alike, self.known_already, self.blocked, self.to_block = names[0], names[1], names[2], names[3]
        stuck = {self.looks_alike, self.blocked, self.to_block}
        free = [number for number, row in sorted(self.orders.items()) if row["Supplier"] not in stuck]
        self.unmapped, self.refused, self.transport, self.unreleased, *self.sound = free

    def read_again(self) -> None:
        """Takes over what SAP holds now."""
        state = self.sap.state()
        self.partners: dict[str, Row] = {row["Supplier"]: row for row in state["BusinessPartner"] if "Supplier" in row}
        self.suppliers: dict[str, Row] = {row["Supplier"]: row for row in state["Supplier"]}
        self.orders: dict[str, Row] = {row["PurchaseOrder"]: row for row in state["PurchaseOrder"]}

    def bend(self) -> None:
        """Makes one record of each unhappy kind, and one vendor that ServiceTitan knows already."""
        alike, same = self.partners[self.looks_alike], self.partners[self.known_already]
        self.enter_vendor({"name": alike["BusinessPartnerName"], "address": {"zip": "99999", "city": "Elsewhere"}})
        self.enter_vendor({"name": same["BusinessPartnerName"], "address": {"zip": postal_code(same)}})
        self.change("Supplier", self.blocked, {"PurchasingIsBlocked": True})
        self.change("PurchaseOrderItem", self.first_item(self.unmapped), {"Material": UNMAPPED_MATERIAL})
        self.change("PurchaseOrderItem", self.first_item(self.transport), {"PurchaseOrderItemCategory": "7"})
        release = {"PurchasingProcessingStatus": "03", "ReleaseIsNotCompleted": True}
        self.change("PurchaseOrder", self.unreleased, release)
        refusal = {"kind": "status", "status": 400, "body": REFUSED, "contains": self.refused}
        self.servicetitan.fault(method="POST", path="/purchase-orders$", **refusal)

    def expected(self) -> Expected:
        """What must become of every record."""
        vendors = dict.fromkeys(self.suppliers, "delivered")
        asked = "delivered" if self.answered else "quarantined"
        vendors |= {self.looks_alike: asked, self.blocked: "delivered" if self.unblocked else "not_transferable"}
        of_vendor = {"delivered": "delivered", "not_transferable": "not_transferable", "quarantined": "waiting"}
        orders = {number: of_vendor[vendors[row["Supplier"]]] for number, row in self.orders.items()}
        orders |= {self.unmapped: asked, self.refused: asked}
        orders |= {self.transport: "not_transferable", self.unreleased: "not_transferable"}
        orders |= dict.fromkeys(self.replayed, "unchanged")
        return Expected(vendors, orders)

    def first_item(self, order: str) -> list[str]:
        """The key of an order's first item."""
        return [order, self.orders[order]["PurchaseOrderItem"][0]["PurchaseOrderItem"]]

    def change(self, entity: str, key: str | list[str], values: Row) -> None:
        """A person changes a row in SAP; its document is stamped as changed now."""
        self.sap.call("POST", "change", {"entity": entity, "key": key, "values": values})

    def enter_vendor(self, values: Row) -> None:
        """A person enters a vendor in ServiceTitan."""
        self.enter("vendors", values)

    def double_first_quantity(self, order: str) -> tuple[Decimal, Decimal]:
        """A person doubles the quantity of an order's first item; returns the old and the new net amount."""
        item = self.orders[order]["PurchaseOrderItem"][0]
        amounts = {name: str(Decimal(item[name]) * 2) for name in ("NetAmount", "GrossAmount", "EffectiveAmount")}
        doubled = {"OrderQuantity": str(Decimal(item["OrderQuantity"]) * 2), **amounts}
        self.change("PurchaseOrderItem", self.first_item(order), doubled)
        return Decimal(item["NetAmount"]), Decimal(amounts["NetAmount"])

    def block_supplier(self, supplier: str) -> None:
        """A person blocks a supplier for purchasing; SAP notes the day at the business partner."""
        self.change("Supplier", supplier, {"PurchasingIsBlocked": True})
        self.change("BusinessPartner", self.partners[supplier]["BusinessPartner"], {})

    def unblock_supplier(self) -> None:
        """A person takes the block off the supplier that was blocked from the beginning."""
        self.change("Supplier", self.blocked, {"PurchasingIsBlocked": False})
        self.change("BusinessPartner", self.partners[self.blocked]["BusinessPartner"], {})
        self.unblocked = True

    def enter(self, kind: str, values: Row) -> Row:
        """A person makes a row in ServiceTitan."""
        made: Row = self.servicetitan.call("POST", "add", {"kind": kind, "values": values})
        return made

    def rows(self, kind: str) -> list[Row]:
        """The rows of one kind that ServiceTitan holds now."""
        return list(self.servicetitan.call("GET", "state", tenant=TENANT, kind=kind))

    def business_units(self) -> list[Row]:
        """The business units of ServiceTitan."""
        return self.rows("business-units")

    def generate(self, **more: int) -> None:
        """More rows in SAP, from a seed."""
        self.sap.call("POST", "generate", {"seed": 11, "suppliers": 0, "orders": 0, "days": 0, "oddities": 0, **more})

    def add_order(self) -> str:
        """A new order appears in SAP, for a supplier that ServiceTitan knows; returns its number."""
        before = set(self.orders)
        self.generate(orders=1)
        self.read_again()
        (number,) = set(self.orders) - before
        supplier = self.known_already
        self.change("PurchaseOrder", number, {"Supplier": supplier, "InvoicingParty": supplier})
        self.read_again()
        return number


def postal_code(partner: Row) -> str:
    """The postal code of a business partner."""
    return str(partner["BusinessPartnerAddress"][0]["PostalCode"])


def net_amount(order: Row) -> Decimal:
    """The net amount of an order without its deleted items."""
    items = [item for item in order["PurchaseOrderItem"] if not item.get("PurchasingDocumentDeletionCode")]
    return sum((Decimal(str(item.get("NetAmount", 0))) for item in items), Decimal(0))
