"""Purchase order requests: what is requested in ServiceTitan is ordered in SAP, then the request is approved.

Reads   purchase order requests that wait for approval, from ServiceTitan. The key is the request's id.
Needs   the vendor's link, read backwards: a vendor that SAP does not know yet is waited for. Value maps, each with the
        map of the other direction read backwards where it leads to one code only: "business-unit" to cost center
        ("cost-center"), "location" to plant ("plant"), "sku" to material ("material"). "sku-unit": SKU to SAP's unit.
Writes  a purchase order or a purchase requisition in SAP (`target`), with our mark of twelve characters in the
        connection's reference field; then the answer to the request in ServiceTitan: approve or reject.

One request is one order, each of its lines an item on the cost center of the business unit. Company code, purchasing
organisation and group come from the options. SAP's order has no place for tax and shipping: they are noted.

The request is read again before anything is decided, since people may decide meanwhile:

    rejected, nothing ordered yet        nothing happens in SAP
    rejected, but ordered                a person takes the order back; one that is deleted in SAP agrees already
    approved, not ordered yet            ordered all the same
    waiting, and ordered                 approved once SAP has released the order, at once, or by people (`approve`)
    refused by SAP, rejected or deleted  a person, or the request is rejected (`on_refusal`)
    changed after it was ordered         a person
    merged by buyers, or split           a person, who is told which order is one too many

Approval makes an order in ServiceTitan to which nothing leads. `request_matches` finds it, twins are a person's. It
is linked to SAP's order, line by line; from then on the flow "purchase-orders" keeps both alike. SAP's order never
creates another one when polling brings it back (`requested_orders`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.flow import SOURCE, Choices, Flow, Lookups, Plan, Reader, Row, Situation, Want, Write, Writer
from integrations.flow import check_choices as check
from integrations.systems.sap.either import ORDERS_OR_REQUISITIONS, REQUISITION
from integrations.systems.servicetitan.objects import PURCHASE_ORDER_REQUESTS, READ_PURCHASE_ORDER_REQUESTS
from integrations.vocabulary import request_answers, request_references, sap_purchases
from integrations.vocabulary.money import decimal, plain
from integrations.vocabulary.request_references import account_and_plant, backwards, currency_of, job_number
from integrations.vocabulary.sap_orders import JOB_FIELDS
from integrations.vocabulary.texts import one_line, readable

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a request; `number` is that of the item it becomes. `cost` is per unit."""

    number: str
    sku: str
    text: str
    vendor_part: str
    quantity: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants to buy, for a business unit, to a location, perhaps for a job. `row` is as it was read."""

    key: str
    number: str
    vendor: str
    unit: str
    location: str
    job: str
    ordered_on: str
    required_on: str
    tax: Decimal
    shipping: Decimal
    lines: tuple[Line, ...]
    row: Row


def from_servicetitan(row: Row) -> Request:
    """A request as it was read while it waited."""
    return Request(
        key=str(row["id"]),
        number=row["requestNumber"],
        vendor=str(row.get("vendorId") or ""),
        unit=str(row.get("businessUnitId") or ""),
        location=str(row.get("inventoryLocationId") or ""),
        job=str(row.get("jobId") or ""),
        ordered_on=str(row.get("date") or "")[:10],
        required_on=str(row.get("requiredOn") or "")[:10],
        tax=decimal(row["tax"]),
        shipping=decimal(row["shipping"]),
        lines=tuple(_line(str(place * 10), item) for place, item in enumerate(row["items"], 1)),
        row=row,
    )


def _line(number: str, item: Row) -> Line:
    return Line(
        number=number,
        sku=str(item.get("skuId") or ""),
        text=readable(item.get("description")) or one_line(item.get("skuName")) or one_line(item.get("skuCode")),
        vendor_part=one_line(item.get("vendorPartNumber")),
        quantity=decimal(item.get("quantity")),
        cost=decimal(item.get("cost")),
    )


def to_sap(request: Request, lookups: Lookups, options: Options) -> sap_purchases.Purchase:
    """What is to be ordered in SAP."""
    center, plant = account_and_plant(request.unit, request.location, options, lookups)
    job_field = options["job_field"]
    job = {} if job_field == "none" else {job_field: job_number(request.job, lookups)}
    requisition = options["target"] == "requisition"

    def item(line: Line) -> sap_purchases.Item:
        is_text = bool(options["catch_all_sku"]) and line.sku == options["catch_all_sku"]
        return sap_purchases.Item(
            number=line.number,
            text=line.text,
            material="" if is_text else backwards("sku", "material", line.sku, lookups, label=line.text),
            material_group=options["material_group"],
            vendor_part=line.vendor_part,
            quantity=line.quantity,
            unit=lookups.mapped_or("sku-unit", line.sku, options["unit"]),
            unit_price=line.cost,
            plant=plant,
            cost_center=center,
            required_on=request.required_on,
            job=job,
        )

    return sap_purchases.Purchase(
        type=options["requisition_type" if requisition else "order_type"],
        name=f"ServiceTitan {request.number}",
        supplier=lookups.source_of("vendors", request.vendor),
        **request_references.purchasing_data(options),
        currency=currency_of(request.unit, options["currency"], lookups),
        ordered_on=request.ordered_on,
        items=[item(line) for line in request.lines],
    )


class PurchaseOrderRequests(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "purchase-order-requests"
    title = "Purchase order requests from ServiceTitan to SAP"
    service = "tn.inv.purchaseorders"
    source_system, target_system = "servicetitan", "sap"
    reader: Reader = READ_PURCHASE_ORDER_REQUESTS
    writer: Writer = ORDERS_OR_REQUISITIONS
    source_writer: Writer | None = PURCHASE_ORDER_REQUESTS
    needs: tuple[str, ...] = ("vendors",)
    maps: tuple[str, ...] = ("business-unit", "cost-center", "location", "plant", "sku", "material", "sku-unit")
    map_kinds: Mapping[str, str] = {"business-unit": "cost-center"}
    exact_maps: tuple[str, ...] = ("sku-unit",)
    sees_done = sees_refusals = True
    options: Options = request_answers.OPTIONS
    choices: Choices = {**request_answers.CHOICES, "job_field": ("none", *JOB_FIELDS)}
    record = staticmethod(from_servicetitan)
    observe = staticmethod(sap_purchases.observed)
    observe_source = staticmethod(request_answers.observed)

    def wants(self, record: Request, options: Options) -> tuple[Want, ...]:
        unit = (Want(f"{SOURCE}business-unit", record.unit, fresh=True),) if record.unit else ()
        return Want(f"{SOURCE}purchase-order-request", record.key, fresh=True), *unit

    def plan(self, record: Request, situation: Situation) -> Plan:
        """Orders in SAP, then answers the request, then links the order that appears."""
        check(situation.options, self.choices)
        state = request_answers.State.of(record.key, record.row, situation)
        if situation.linked is None:
            return request_answers.before_the_order(state) or self._order(record, situation)
        return request_answers.after_the_order(state, lambda: self._order(record, situation).writes[0].expect)

    def _order(self, record: Request, situation: Situation) -> Plan:
        purchase = to_sap(record, situation.lookups, situation.options)
        if situation.options["target"] == "requisition":
            body, action = sap_purchases.requisition_body(purchase), "create-requisition"
            marker = REQUISITION + situation.marker
        else:
            body, action, marker = sap_purchases.order_body(purchase), "create", situation.marker
        amounts = [
            f"{name} {plain(value)}" for name, value in (("Tax", record.tax), ("Shipping", record.shipping)) if value
        ]
        notes = tuple(f"{amount} of the request is not in SAP's order." for amount in amounts)
        return Plan((Write(action, "", body, sap_purchases.observed(body), marker),), notes=notes)

    def is_gone(self, row: Row) -> bool:
        """Never: an order that SAP deleted is not ordered again, the request is answered."""
        return False

    def lines(self, row: Row) -> dict[str, str]:
        """Each line has the number of its item."""
        return {number: number for item in row.get("items") or () if (number := sap_purchases.number_of(item))}

    def label(self, record: Request) -> str:
        return f"ServiceTitan request {record.number}"


FLOW = PurchaseOrderRequests()
