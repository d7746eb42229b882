"""Purchase requisitions: what SAP has released for ordering appears in ServiceTitan before the order is made.

Reads   purchase requisitions from SAP (V4 API_PURCHASEREQUISITION_2, else V2 API_PURCHASEREQ_PROCESS_SRV), found by
        their items, with account assignments and delivery addresses. The key is the requisition number.
Needs   the vendor's link; the value maps of purchase orders, and "requisition-type" to purchase order type where
        "order-type" does not fit.
Writes  purchase orders: POST, PATCH, cancellation. One requisition becomes one ServiceTitan order for each supplier,
        business unit, location and job: a part of its own, with a link of its own.

Only items that are released and have a supplier (fixed, else desired, else `default_supplier`) become an order. The
others are listed with their reason: deleted, closed, ordered, not released, without supplier, a stock transport, a
limit. A requisition that a request of ServiceTitan made is left to that request. An item that goes back into release
leaves its order as it is until it is released again. Where the items of a group disagree on ship-to and required
date, the rules of purchase orders hold. An item's business unit is that of its largest cost center.

SAP turns requisitions into orders. From then on the SAP order owns what was made here, and `take_over` says how: it
takes the order over, or cancels it and comes itself. Until it has arrived, an order here with such items stays as it
is, and the items that were not ordered wait. Afterwards they get an order of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from integrations.errors import NeedsPerson
from integrations.flow import Choices, Flow, Lookups, Plan, Reader, Row, Situation, Want, Writer, check_choices
from integrations.systems.sap import objects as sap
from integrations.systems.servicetitan import objects as servicetitan
from integrations.vocabulary import requested_orders, sap_requisitions, servicetitan_orders
from integrations.vocabulary.address import address_from_sap
from integrations.vocabulary.money import decimal
from integrations.vocabulary.order_lines import Item, order_lines
from integrations.vocabulary.order_references import business_unit, job_id, location_address, order_type, rows_wanted
from integrations.vocabulary.requisition_parts import Body, Group, plan_parts, sort_items
from integrations.vocabulary.servicetitan_vendors import vendor_id
from integrations.vocabulary.shares import agreed, sentences

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item of a requisition. `supplier`: "" for none; `order`: the order of SAP that it became, "" for none;
    `obstacle`: a code and the reason why it does not become an order now."""

    item: Item
    supplier: str
    currency: str
    requested_on: str
    order: str
    obstacle: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Requisition:
    """A requisition with all its items. `signs`: what may lead to a request of ServiceTitan that made it."""

    number: str
    type: str
    items: tuple[Wanted, ...]
    signs: tuple[str, ...]


def from_sap(row: Row) -> Requisition:
    """A requisition with its items, in the field names of V4."""
    items = tuple(map(wanted_from_sap, row["items"]))
    signs = requested_orders.signs_of_requisition(row)
    return Requisition(row["PurchaseRequisition"], row["PurchaseRequisitionType"], items, signs)


def wanted_from_sap(row: Row) -> Wanted:
    address, amount = row["delivery_address"] or {}, sap_requisitions.net_amount(row)
    item = Item(
        number=row["PurchaseRequisitionItem"],
        text=row["PurchaseRequisitionItemText"],
        material=row["Material"],
        vendor_part=row["SupplierMaterialNumber"] or row["Material"],
        is_service=sap_requisitions.is_service(row),
        quantity=decimal(row["RequestedQuantity"]),
        unit=row["BaseUnit"],
        net_amount=amount,
        plant=row["Plant"],
        required_on=row["DeliveryDate"] or "",
        ship_to=address_from_sap(address, name=address["OrganizationName1"]) if any(address.values()) else None,
        cost_centers=sap_requisitions.cost_centers(row, amount),
        jobs={field: row[field] for field in sap_requisitions.JOB_FIELDS if row[field]},
    )
    return Wanted(
        item=item,
        supplier=sap_requisitions.supplier(row),
        currency=row["PurReqnItemCurrency"],
        requested_on=row["PurReqCreationDate"],
        order=sap_requisitions.order_of(row),
        obstacle=sap_requisitions.obstacle(row),
    )


def group_of(wanted: Wanted, lookups: Lookups, options: Options) -> Group:
    """Where an item belongs. Raises Unmapped, NeedsPerson for a job that does not exist, Misconfigured."""
    item, rule = wanted.item, options["items_disagree"]
    units = [(lookups.mapped("cost-center", center), amount) for center, amount in item.cost_centers]
    return Group(
        supplier=wanted.supplier or options["default_supplier"],
        business_unit=business_unit(
            agreed("business unit", units, rule) or options["default_business_unit"],
            wanted.currency,
            lookups,
            (center for center, _ in item.cost_centers),
        ),
        location=lookups.mapped("plant", item.plant),
        job=job_id(item.jobs.get(options["job_field"]), lookups),
    )


def to_servicetitan(
    requisition: Requisition, group: Group, members: list[Wanted], lookups: Lookups, options: Options
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The members of CreatePurchaseOrderRequest for a group of items, and notes on what they cannot hold exactly."""
    one = partial(agreed, rule=options["items_disagree"])
    if len({wanted.currency for wanted in members}) > 1:
        raise NeedsPerson("Items for one order are in several currencies.", code="items-disagree")
    items = [wanted.item for wanted in members]
    days = [(item.required_on, item.net_amount) for item in items if item.required_on]
    places = [(item.ship_to, item.net_amount) for item in items if item.ship_to]
    centers = [share for item in items for share in item.cost_centers]
    ship_to = one("ship-to address", places) or location_address(group.location, lookups)
    requested_on = min(wanted.requested_on for wanted in members)
    earliest = min((day for day, _ in days), default=requested_on)
    own_type = lookups.mapped_or("requisition-type", requisition.type, "")
    kind = own_type or order_type(requisition.type, options["default_order_type"], lookups)
    lines, notes = order_lines(items, lookups, options)
    memo = f"SAP requisition {requisition.number}: the order comes from SAP, do not send it to the vendor."
    body = {
        "vendorId": vendor_id(group.supplier, lookups),
        "typeId": kind,
        "businessUnitId": group.business_unit,
        "inventoryLocationId": group.location,
        "shipTo": {"description": str(ship_to), "address": ship_to.members()},
        "impactsTechnicianPayroll": options["impacts_technician_payroll"],
        "memo": "\n".join([memo, *sentences(Cost_centers=centers, Ship_to=places, Deliveries=days)]),
        "date": requested_on,
        "requiredOn": earliest if options["required_date"] == "earliest" else one("required date", days) or earliest,
        "tax": "0",
        "shipping": "0",
        "items": lines,
    }
    if options["job_field"] != "none":
        body["jobId"] = group.job
    return body, notes


class PurchaseRequisitions(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "purchase-requisitions"
    title = "Purchase requisitions from SAP to purchase orders in ServiceTitan"
    service = "purchase-requisition"
    source_system, target_system = "sap", "servicetitan"
    reader: Reader = sap.REQUISITIONS
    writer: Writer = servicetitan.PURCHASE_ORDERS
    needs: tuple[str, ...] = ("vendors",)
    map_kinds: Mapping[str, str] = {**servicetitan_orders.MAP_KINDS, "requisition-type": "purchase-order-type"}
    maps: tuple[str, ...] = ("unit", *map_kinds)
    exact_maps: tuple[str, ...] = ("unit",)
    has_parts = sees_done = True  # planned again until nothing is left: what holds up one part is told after the others
    options: Options = {**servicetitan_orders.OPTIONS, "default_supplier": ""}
    choices: Choices = {**servicetitan_orders.CHOICES, "job_field": ("none", *sap_requisitions.JOB_FIELDS)}
    record = staticmethod(from_sap)
    observe = staticmethod(servicetitan_orders.observed)
    is_gone = staticmethod(servicetitan_orders.is_gone)
    lines = staticmethod(servicetitan_orders.item_ids)

    def wants(self, record: Requisition, options: Options) -> tuple[Want, ...]:
        suppliers = {wanted.supplier for wanted in record.items if not wanted.obstacle} - {""}
        jobs = {wanted.item.jobs.get(options["job_field"], "") for wanted in record.items} - {""}
        links = (Want("link:vendors", supplier) for supplier in sorted(suppliers))
        return *links, *rows_wanted(jobs, (wanted.item.cost_centers for wanted in record.items))

    def plan(self, record: Requisition, situation: Situation) -> Plan:
        """Puts every item into a group, or says why it is in none; then brings each group's order up to date."""
        check_choices(situation.options, self.choices)
        lookups, options = situation.lookups, situation.options
        requested_orders.leave_to_request(record.number, record.signs, situation)
        found = sort_items(record.items, lambda wanted: group_of(wanted, lookups, options), options["default_supplier"])
        bodies: dict[str, Body] = {
            group.name: partial(to_servicetitan, record, group, members, lookups, options)
            for group, members in found.groups.items()
        }
        return plan_parts(record.number, bodies, found, situation)

    def label(self, record: Requisition) -> str:
        suppliers = sorted({wanted.supplier for wanted in record.items} - {""})
        return f"SAP requisition {record.number} for {', '.join(suppliers) or 'no supplier'}"


FLOW = PurchaseRequisitions()
