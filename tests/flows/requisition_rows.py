"""Requisitions as the reader yields them, and what a flow is told of the records of others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from integrations.flow import Known, Linked, Part, Plan, Row, Situation, Write
from integrations.flows.purchase_orders import FLOW as ORDERS
from integrations.flows.purchase_requisitions import FLOW
from tests.flows.rows import MARKER, NEXT_MARKER, Book, after, st_order

NUMBER = "10000001"


def account(cost_center: str, amount: str) -> dict[str, Any]:
    return {
        "AccountAssignmentNumber": "1", "CostCenter": cost_center, "GLAccount": "65100000", "ControllingArea": "A000",
        "ProfitCenter": "YB600", "OrderID": "", "WBSElementExternalID": "", "FunctionalArea": "", "Quantity": "0",
        "MultipleAcctAssgmtDistrPercent": "0", "PurReqnNetAmount": amount, "IsDeleted": False,
    }  # fmt: skip


def asked_item(number: str = "10", **values: Any) -> dict[str, Any]:
    """Three pieces of copper pipe for 120.00 from ACME, on cost center 10101101."""
    row: dict[str, Any] = {
        "PurchaseRequisition": NUMBER, "PurchaseRequisitionItem": number,
        "PurchaseRequisitionItemText": "Copper pipe", "Material": "TG0012", "MaterialGroup": "L001",
        "SupplierMaterialNumber": "CP-22", "AccountAssignmentCategory": "K", "PurchasingDocumentItemCategory": "0",
        "RequestedQuantity": "3", "OrderedQuantity": "0", "BaseUnit": "PC", "PurchaseRequisitionPrice": "40",
        "PurReqnPriceQuantity": "1", "ItemNetAmount": "120", "PurReqnItemCurrency": "USD", "Plant": "1710",
        "StorageLocation": "171A", "CompanyCode": "1710", "PurchasingOrganization": "1710", "PurchasingGroup": "001",
        "Supplier": "", "FixedSupplier": "17300001", "SupplyingPlant": "", "DeliveryDate": "2026-02-10",
        "PerformancePeriodStartDate": None, "PerformancePeriodEndDate": None, "RequisitionerName": "",
        "RequirementTracking": "", "CreatedByUser": "BUYER", "PurReqCreationDate": "2026-01-30",
        "LastChangeDateTime": "2026-01-31T08:15:00.123Z", "PurReqnReleaseStatus": "05", "ReleaseIsNotCompleted": False,
        "ProcessingStatus": "N", "IsClosed": False, "IsDeleted": False, "PurchasingDocument": "",
        "PurchasingDocumentItem": "", "PurReqnExternalReference": "", "PurReqnItemExternalReference": "",
        "ProductTypeCode": "1", "account_assignments": [account("10101101", "120")], "delivery_address": None,
    }  # fmt: skip
    return row | values


def requisition(*items: dict[str, Any]) -> dict[str, Any]:
    return {
        "PurchaseRequisition": NUMBER, "PurchaseRequisitionType": "NB", "PurReqnDescription": "Job stock",
        "LastChangeDateTime": "2026-01-31T08:15:00.123Z", "items": list(items) or [asked_item()],
    }  # fmt: skip


@dataclass
class Ledger(Book):
    """A book that also holds orders in ServiceTitan and what the ledger knows of records, by flow and key."""

    records: dict[tuple[str, str], Known] = field(default_factory=dict)

    def known(self, flow: str, source_key: str) -> Known:
        links = {key: target for (name, key), target in self.links.items() if name == flow}
        own = {
            part: Linked(target, {}, {})
            for key, target in links.items()
            for record, _, part in [key.partition("#")]
            if record == source_key
        }
        return self.records.get((flow, source_key), Known(own))

    def claim(self, target_key: str) -> bool:
        return super().claim(target_key) and not self.sources("purchase-orders", target_key)

    def order(self, row: Row) -> None:
        """An order stands in ServiceTitan as it is in `row`."""
        self.references["purchase-order", str(row["id"])] = row


@dataclass
class Parts:
    """The orders that a requisition has made, by part; carries out what is planned for it."""

    ledger: Ledger = field(default_factory=Ledger)
    rows: dict[str, Row] = field(default_factory=dict)
    links: dict[str, Linked] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    next_id: int = 19001

    def plan(self, row: Row) -> Plan:
        situation = Situation(
            lookups=self.ledger, options=dict(FLOW.options) | self.options, marker=MARKER, next_marker=NEXT_MARKER,
            part=self._part, parts=tuple(sorted(self.links)),
        )  # fmt: skip
        return FLOW.plan(FLOW.record(row), situation)

    def _part(self, name: str) -> Part:
        return Part(f"MARK {name}", self.links.get(name), self.rows.get(name))

    def follow(self, row: Row) -> Plan:
        """Carries out one write after the other until nothing is left; returns the last plan."""
        for _ in range(10):
            plan = self.plan(row)
            if not plan.writes:
                return plan
            self._carry_out(plan.writes[0])
        raise AssertionError("the requisition does not settle")

    def _carry_out(self, write: Write) -> None:
        name = write.part
        if write.action == "create":
            self.rows[name] = st_order(write.body, number=self.next_id)
            self.next_id += 1
        elif write.action == "cancel":
            self.rows[name] = {**self.rows[name], "status": "Canceled"}
        else:
            self.rows[name] = after(self.rows[name], write.body)
        there = self.rows[name]
        shown = FLOW.observe(there)
        assert {member: shown[member] for member in write.expect} == write.expect
        self.links[name] = Linked(str(there["id"]), shown, FLOW.lines(there))
        self.ledger.order(there)

    @property
    def known(self) -> Known:
        """What the ledger tells others of this requisition."""
        return Known(dict(self.links))

    def change(self, name: str, **values: Any) -> None:
        """Something happens to an order in ServiceTitan."""
        self.rows[name] = {**self.rows[name], **values}
        self.ledger.order(self.rows[name])

    def shown(self) -> dict[str, tuple[str, list[str]]]:
        """Status and lines by part."""
        return {name: (row["status"], list(FLOW.lines(row))) for name, row in self.rows.items()}


def transferred(*items: dict[str, Any], **options: Any) -> Parts:
    """A requisition that went over; the orders' side finds it in the ledger."""
    parts = Parts(options=options)
    parts.follow(requisition(*items))
    parts.ledger.records["purchase-requisitions", NUMBER] = parts.known
    return parts


def plan_sap_order(
    row: Row, ledger: Book, *, linked: Linked | None = None, there: Row | None = None, **options: Any
) -> Plan:
    """What the flow of orders plans for an order of SAP."""
    situation = Situation(
        lookups=ledger, options=dict(ORDERS.options) | options, marker=MARKER, next_marker=NEXT_MARKER, linked=linked,
        current=there,
    )  # fmt: skip
    return ORDERS.plan(ORDERS.record(row), situation)
