"""Rows as the readers and the ServiceTitan client hand them over, and what a flow may ask while it maps."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.errors import NotReady, Unmapped, link_key, map_key
from integrations.flow import Linked, Plan, Row, Situation
from integrations.flows.purchase_orders import FLOW as ORDERS
from integrations.flows.vendors import FLOW as VENDORS

PLANT_ADDRESS = {
    "DeliveryAddressID": "23019", "AddresseeFullName": "", "OrganizationName1": "Plant 1 US", "OrganizationName2": "",
    "StreetName": "Deer Creek", "HouseNumber": "3475", "CityName": "Palo Alto", "DistrictName": "",
    "PostalCode": "94304-1355", "Region": "CA", "Country": "US",
}  # fmt: skip


def account(number: str, cost_center: str, amount: str = "", percent: str = "") -> dict[str, Any]:
    return {
        "AccountAssignmentNumber": number, "CostCenter": cost_center, "GLAccount": "65008420",
        "ControllingArea": "A000", "ProfitCenter": "YB600", "OrderID": "", "WBSElementExternalID": "",
        "FunctionalArea": "", "Quantity": "0", "MultipleAcctAssgmtDistrPercent": percent or "0",
        "PurgDocNetAmount": amount or "0", "IsDeleted": False,
    }  # fmt: skip


def sap_item(number: str = "10", **values: Any) -> dict[str, Any]:
    """Three pieces of copper pipe for 120.00, on cost center 10101101; `amount` sets price and net amount."""
    amount = values.pop("amount", "120")
    row: dict[str, Any] = {
        "PurchaseOrderItem": number, "PurchasingDocumentDeletionCode": "", "PurchaseOrderItemText": "Copper pipe",
        "Material": "TG0012", "MaterialGroup": "L001", "SupplierMaterialNumber": "CP-22", "Plant": "1710",
        "StorageLocation": "171A", "OrderQuantity": "3", "PurchaseOrderQuantityUnit": "PC", "OrderPriceUnit": "PC",
        "OrderPriceUnitToOrderUnitNmrtr": "1", "OrdPriceUnitToOrderUnitDnmntr": "1", "NetPriceAmount": amount,
        "NetPriceQuantity": "1", "DocumentCurrency": "USD", "NetAmount": amount, "GrossAmount": amount,
        "TaxCode": "I1", "PurchaseOrderItemCategory": "0", "AccountAssignmentCategory": "K",
        "MultipleAcctAssgmtDistribution": "", "ProductTypeCode": "1", "IsCompletelyDelivered": False,
        "IsFinallyInvoiced": False, "IsReturnsItem": False, "PurchasingItemIsFreeOfCharge": False,
        "GoodsReceiptIsExpected": True, "InvoiceIsExpected": True, "PurchaseRequisition": "",
        "PurchaseRequisitionItem": "", "RequisitionerName": "", "RequirementTracking": "",
        "account_assignments": [account("1", "10101101", amount)],
        "schedule_lines": [{"ScheduleLine": "1", "ScheduleLineDeliveryDate": "2026-02-10",
                            "ScheduleLineOrderQuantity": "3"}],
        "delivery_address": dict(PLANT_ADDRESS),
    }  # fmt: skip
    return row | values


def sap_order(*items: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Order 4500001234 of 31 January 2026 with these items, or with one item of copper pipe."""
    row: dict[str, Any] = {
        "PurchaseOrder": "4500001234", "PurchaseOrderType": "NB", "CompanyCode": "1710",
        "PurchasingOrganization": "1710", "PurchasingGroup": "001", "Supplier": "17300001", "SupplyingPlant": "",
        "InvoicingParty": "", "DocumentCurrency": "USD", "PaymentTerms": "0004", "PurchaseOrderDate": "2026-01-31",
        "CreationDate": "2026-01-30", "CreatedByUser": "BUYER", "LastChangeDateTime": "2026-01-31T08:15:00.123Z",
        "PurchaseOrderDeletionCode": "", "PurchasingProcessingStatus": "05", "ReleaseIsNotCompleted": False,
        "PurchasingCompletenessStatus": False, "CorrespncExternalReference": "", "CorrespncInternalReference": "",
        "SupplierRespSalesPersonName": "", "Language": "EN", "items": list(items) or [sap_item()],
    }  # fmt: skip
    return row | values


def sap_supplier(number: str = "17300001", **values: Any) -> dict[str, Any]:
    """ACME Pipe & Supply in Muncie, a supplier without any block."""
    row: dict[str, Any] = {
        "BusinessPartner": number, "Supplier": number, "BusinessPartnerCategory": "2",
        "BusinessPartnerFullName": "ACME Pipe & Supply", "OrganizationBPName1": "ACME Pipe & Supply",
        "OrganizationBPName2": "", "OrganizationBPName3": "", "OrganizationBPName4": "", "FirstName": "",
        "LastName": "", "BusinessPartnerIsBlocked": False, "IsMarkedForArchiving": False,
        "roles": [{"BusinessPartnerRole": "FLVN00"}, {"BusinessPartnerRole": "FLVN01"}], "tax_numbers": [],
        "addresses": [sap_address()],
        "supplier": {
            "Supplier": number, "PaymentIsBlockedForSupplier": False, "PostingIsBlocked": False,
            "PurchasingIsBlocked": False, "DeletionIndicator": False,
            "companies": [{"CompanyCode": "1710", "PaymentTerms": "0004", "SupplierIsBlockedForPosting": False,
                           "PaymentBlockingReason": "", "DeletionIndicator": False}],
            "purchasing_organizations": [{"PurchasingOrganization": "1710", "PurchasingIsBlockedForSupplier": False,
                                          "DeletionIndicator": False}],
        },
    }  # fmt: skip
    row["supplier"] |= values.pop("supplier", {})
    return row | values


def sap_address(**values: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "AddressID": "101", "ValidityStartDate": "2016-09-12T00:00:00Z", "ValidityEndDate": "9999-12-31T23:59:59Z",
        "StreetName": "S Ohio Ave", "HouseNumber": "912", "HouseNumberSupplementText": "", "CityName": "Muncie",
        "PostalCode": "47305-2757", "Region": "IN", "Country": "US", "POBox": "", "POBoxPostalCode": "",
        "usages": [{"AddressUsage": "XXDEFAULT"}],
        "phones": [{"PhoneNumber": "999 856 4321", "PhoneNumberExtension": "", "IsDefaultPhoneNumber": True}],
        "mobiles": [], "faxes": [],
        "emails": [{"EmailAddress": "Orders@acme.example", "IsDefaultEmailAddress": True}],
    }  # fmt: skip
    return row | values


def center(**values: Any) -> dict[str, Any]:
    """Cost center 10101101, valid today."""
    row: dict[str, Any] = {
        "ControllingArea": "A000", "CostCenter": "10101101", "CostCenterName": "Plumbing West",
        "CostCenterDescription": "", "is_valid": True,
    }  # fmt: skip
    return row | values


@dataclass
class Book:
    """`integrations.flow.Lookups` over plain dictionaries: links, maps and reference rows of a small customer."""

    links: dict[tuple[str, str], str] = field(default_factory=lambda: {("vendors", "17300001"): "501"})
    maps: dict[tuple[str, str], str] = field(
        default_factory=lambda: {
            ("cost-center", "10101101"): "12",
            ("cost-center", "10101102"): "12",
            ("cost-center", "10101201"): "14",
            ("plant", "1710"): "40",
            ("plant", "1720"): "41",
            ("material", "TG0012"): "9001",
            ("material", "TG0013"): "9002",
            ("unit", "PC"): "EA",
            ("unit", "BX"): "EA*12",
            ("order-type", "NB"): "7",
            ("payment-terms", "0004"): "33",
        }  # fmt: skip
    )
    references: dict[tuple[str, str], Row] = field(
        default_factory=lambda: {
            ("business-unit", "12"): {"id": 12, "name": "Plumbing", "currency": "USD"},
            ("business-unit", "14"): {"id": 14, "name": "HVAC", "currency": "USD"},
            ("job", "2117"): {"id": 88001, "jobNumber": "2117"},
            ("job", "2118"): {"id": 88002, "jobNumber": "2118"},
            ("inventory-location", "40"): {
                "id": 40,
                "name": "Main warehouse",
                "address": {
                    "street": "1 Depot Rd",
                    "unit": "",
                    "city": "Reno",
                    "state": "NV",
                    "zip": "89501",
                    "country": "US",
                },
            },
        }  # fmt: skip
    )

    claimed: set[str] = field(default_factory=set)
    refused: dict[tuple[str, str], str] = field(default_factory=dict)

    def claim(self, target_key: str) -> bool:
        return target_key not in self.claimed

    def lines(self, flow: str, source_key: str) -> Mapping[str, str]:
        self.linked(flow, source_key)
        return {}

    def sources(self, flow: str, target_key: str) -> tuple[str, ...]:
        return tuple(source for (name, source), target in self.links.items() if (name, target) == (flow, target_key))

    def source(self, flow: str, target_key: str) -> str:
        return next(iter(self.sources(flow, target_key)), "")

    def source_of(self, flow: str, target_key: str) -> str:
        (source,) = self.sources(flow, target_key)
        return source

    def sender(self, flow: str, marker: str) -> str:
        return ""

    def in_question(self, flow: str) -> bool:
        return False

    def codes_for(self, value_map: str, value: str) -> tuple[str, ...]:
        return tuple(sorted(code for (name, code), found in self.maps.items() if (name, found) == (value_map, value)))

    def why_not(self, flow: str, source_key: str) -> str:
        return self.refused.get((flow, source_key), "")

    def known(self, flow: str, source_key: str) -> Any:
        raise LookupError("these flows do not ask for records of others")

    def linked(self, flow: str, source_key: str) -> str:
        if (flow, source_key) not in self.links:
            raise NotReady("missing", needs=link_key(flow, source_key))
        return self.links[flow, source_key]

    def mapped(self, value_map: str, key: str, *, label: str = "") -> str:
        if (value_map, key) not in self.maps:
            raise Unmapped(f"{value_map} {key} {label}", needs=map_key(value_map, key), code=f"unmapped-{value_map}")
        return self.maps[value_map, key]

    def mapped_or(self, value_map: str, key: str, default: str) -> str:
        return self.maps.get((value_map, key), default)

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        return self.references.get((kind, key))


MARKER, NEXT_MARKER = "ABCDEFGHIJ2A", "ABCDEFGHIJ2B"


def plan_order(
    row: Row, *, book: Book | None = None, there: Row | None = None, linked: Linked | None = None, **options: Any
) -> Plan:
    """What the flow plans for an order; `there` is ServiceTitan's row, linked unless `linked` says how."""
    flow = ORDERS
    if there is not None and linked is None:
        linked = link_to(there)
    situation = Situation(
        lookups=book or Book(), options=dict(flow.options) | options, marker=MARKER, next_marker=NEXT_MARKER,
        linked=linked, current=there,
    )  # fmt: skip
    return flow.plan(flow.record(row), situation)


def plan_vendor(
    row: Row,
    *,
    book: Book | None = None,
    there: Row | None = None,
    linked: Linked | None = None,
    known: tuple[Row, ...] = (),
    **options: Any,
) -> Plan:
    """What the flow plans for a supplier; `there` is the linked vendor, `known` are the ones without a link."""
    if there is not None and linked is None:
        linked = Linked(str(there["id"]), VENDORS.observe(there), {})
    situation = Situation(
        lookups=book or Book(), options=dict(VENDORS.options) | options, marker=MARKER, linked=linked, current=there,
        candidates=known,
    )  # fmt: skip
    return VENDORS.plan(VENDORS.record(row), situation)


def link_to(row: Row, *, generation: int = 1) -> Linked:
    """The link of an order as it was when we wrote it last."""
    return Linked(str(row["id"]), ORDERS.observe(row), ORDERS.lines(row), generation)


def st_order(body: Mapping[str, Any], number: int = 19001, **values: Any) -> dict[str, Any]:
    """The row that ServiceTitan shows after a create with this body."""
    row: dict[str, Any] = {
        "id": number, "number": "100001", "status": "Pending", "jobId": None, "summary": body["memo"],
        "shipTo": dict(body["shipTo"]["address"]), "vendorDocumentNumber": "",
    } | {
        name: int(body[name]) for name in ("vendorId", "typeId", "businessUnitId", "inventoryLocationId", "jobId")
        if name in body
    } | {name: body[name] for name in ("date", "requiredOn", "tax", "shipping")}  # fmt: skip
    row["items"] = [
        line
        | {
            "id": 70001 + place,
            "skuId": int(line["skuId"]),
            "status": "Pending",
            "budgetCodeId": None,
            "quantityReceived": "0",
        }
        for place, line in enumerate(body["items"])
    ]
    return row | values


def after(row: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The row after a PATCH with this body: lines that the body leaves out are gone."""
    changed = copy.deepcopy(dict(row))
    for name, value in body.items():
        if name == "memo":
            changed["summary"] = value
        elif name == "shipTo":
            changed["shipTo"] = dict(value["address"])
        elif name == "items":
            changed["items"] = [line | {"id": line["id"] or 79000 + place} for place, line in enumerate(value)]
        else:
            changed[name] = value
    return changed


def st_vendor(number: int = 501, **values: Any) -> dict[str, Any]:
    """ACME as ServiceTitan shows it, marked as ours."""
    row: dict[str, Any] = {
        "id": number, "name": "ACME Pipe & Supply", "active": True, "memo": "", "deliveryOption": "Manual",
        "contactInfo": {"firstName": "", "lastName": "", "phone": "(999) 856-4321", "email": "orders@acme.example",
                        "fax": ""},
        "address": {"street": "912 S Ohio Ave", "unit": "", "city": "Muncie", "state": "IN", "zip": "47305-2757",
                    "country": "US"},
        "externalData": [{"key": "sap-supplier", "value": "17300001"}], "customFields": [],
    }  # fmt: skip
    return row | values
