"""Purchase orders: an order that SAP has released appears in ServiceTitan, and follows SAP from then on.

Reads   purchase orders from SAP (V4 API_PURCHASEORDER_2, else V2 API_PURCHASEORDER_PROCESS_SRV) with items, account
        assignments, schedule lines and delivery addresses. The key is the order number.
Needs   the vendor's link; value maps "cost-center" to business unit, "plant" to inventory location, "material" to
        SKU, "unit" to the SKU's unit ("EA", "EA*12"), "order-type" to purchase order type, "budget-code" to
        the budget code of a cost center (`budget_codes`).
Writes  purchase orders: POST, PATCH, cancellation. One SAP order is one ServiceTitan order.

Orders go over once they are released, complete and not locked; stock transports, returns and limit items never do.
Of those that a first load finds, only open ones do: what is delivered and invoiced already comes with `history` "all".
An order deleted in SAP is cancelled, and created again should SAP take the deletion back. Deleted items are left out.

ServiceTitan has one business unit, job, location, ship-to and required date per order, SAP has them per item. Where
items disagree, the largest net amount wins and the memo names the shares, or a person decides (`items_disagree`).
A line is a SKU, a quantity in the SKU's unit and a cost: the item's net amount per such unit; what rounding leaves
over is noted. Items without material and services go to one SKU, in SAP's unit.

An order that a request of ServiceTitan made waits for the order that the approval makes: see `requested_orders`.
An order made from requisitions takes over, or replaces, what those have made in ServiceTitan: see `take_over`.

The memo begins with the SAP number and that it is already ordered, since sending it from ServiceTitan would order
twice, and ends with our marker. Each line's description begins with the number of the SAP item. SAP owns what is
written; `servicetitan_orders` says which change is possible when, and which is a person's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from integrations.figures import Figures
from integrations.flow import Choices, Flow, Lookups, Plan, Reader, Row, Situation, Want, Writer, check_choices
from integrations.systems.sap import objects as sap
from integrations.systems.servicetitan import objects as servicetitan
from integrations.vocabulary import requested_orders, sap_orders, servicetitan_orders, take_over
from integrations.vocabulary.address import address_from_sap
from integrations.vocabulary.money import decimal
from integrations.vocabulary.order_lines import Item, order_lines
from integrations.vocabulary.order_references import business_unit, job_id, location_address, order_type, rows_wanted
from integrations.vocabulary.servicetitan_vendors import vendor_id
from integrations.vocabulary.shares import agreed, sentences

Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """An order as both systems understand it. `obstacle`: a code and the reason why it cannot go over.

    `origins`: the requisition items that its items were requested with, None for those that were not. `signs`: what
    may lead to a request of ServiceTitan that made it.
    """

    number: str
    type: str
    supplier: str
    currency: str
    ordered_on: str
    is_deleted: bool
    is_complete: bool
    obstacle: tuple[str, str] | None
    items: tuple[Item, ...]
    origins: Mapping[str, take_over.Origin | None]
    signs: tuple[str, ...]


def from_sap(row: Row) -> PurchaseOrder:
    """A purchase order with its items, in the field names of V4."""
    return PurchaseOrder(
        number=row["PurchaseOrder"],
        type=row["PurchaseOrderType"],
        supplier=row["Supplier"],
        currency=row["DocumentCurrency"],
        ordered_on=row["PurchaseOrderDate"] or row["CreationDate"],
        is_deleted=sap_orders.is_deleted(row),
        is_complete=sap_orders.is_complete(row),
        obstacle=sap_orders.obstacle(row),
        items=tuple(item_from_sap(item, row["DocumentCurrency"]) for item in sap_orders.living_items(row)),
        origins={item["PurchaseOrderItem"]: take_over.origin(item) for item in sap_orders.living_items(row)},
        signs=requested_orders.signs(row),
    )


def item_from_sap(row: Row, currency: str) -> Item:
    amount = sap_orders.net_amount(row, currency)
    address = row["delivery_address"]
    return Item(
        number=row["PurchaseOrderItem"],
        text=row["PurchaseOrderItemText"],
        material=row["Material"],
        vendor_part=row["SupplierMaterialNumber"] or row["Material"],
        is_service=sap_orders.is_service(row),
        quantity=decimal(row["OrderQuantity"]),
        unit=row["PurchaseOrderQuantityUnit"],
        net_amount=amount,
        plant=row["Plant"],
        required_on=sap_orders.first_delivery(row["schedule_lines"]),
        ship_to=address_from_sap(address, name=address["OrganizationName1"]) if address else None,
        cost_centers=tuple(sap_orders.cost_centers(row["account_assignments"], amount)),
        jobs={field: row[field] for field in sap_orders.JOB_FIELDS if row[field]},
    )


def to_servicetitan(order: PurchaseOrder, lookups: Lookups, options: Options) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The members of CreatePurchaseOrderRequest that SAP owns, and notes on what they cannot hold exactly."""

    def shares(part: Callable[[Item], Any]) -> list[tuple[Any, Decimal]]:
        return [(part(item), item.net_amount) for item in order.items if part(item)]

    one = partial(agreed, rule=options["items_disagree"])
    centers = [share for item in order.items for share in item.cost_centers]
    plants, days = shares(lambda item: item.plant), shares(lambda item: item.required_on)
    jobs, places = shares(lambda item: item.jobs.get(options["job_field"])), shares(lambda item: item.ship_to)
    unit = one("business unit", [(lookups.mapped("cost-center", center), amount) for center, amount in centers])
    location = one("location", [(lookups.mapped("plant", plant), amount) for plant, amount in plants]) or ""
    ship_to = one("ship-to address", places) or location_address(location, lookups)
    earliest = min((day for day, _ in days), default=order.ordered_on)
    kind = order_type(order.type, options["default_order_type"], lookups)
    lines, notes = order_lines(order.items, lookups, options)
    named = sentences(Cost_centers=centers, Plants=plants, Jobs=jobs, Ship_to=places, Deliveries=days)
    body = {
        "vendorId": vendor_id(order.supplier, lookups),
        "typeId": kind,
        "businessUnitId": business_unit(
            unit or options["default_business_unit"], order.currency, lookups, (center for center, _ in centers)
        ),
        "inventoryLocationId": location,
        "shipTo": {"description": str(ship_to), "address": ship_to.members()},
        "impactsTechnicianPayroll": options["impacts_technician_payroll"],
        "memo": "\n".join([f"SAP {order.number} is already ordered: do not send it to the vendor.", *named]),
        "date": order.ordered_on,
        "requiredOn": earliest if options["required_date"] == "earliest" else one("required date", days) or earliest,
        "tax": "0",
        "shipping": "0",
        "items": lines,
    }
    if options["job_field"] != "none":
        body["jobId"] = job_id(one("job", jobs), lookups)
    return body, notes


class PurchaseOrders(Flow):
    """The facts of the flow; `integrations.flow.Flow` says what each of them means."""

    name = "purchase-orders"
    title = "Purchase orders from SAP to ServiceTitan"
    service = "purchase-order"
    source_system, target_system = "sap", "servicetitan"
    reader: Reader = sap.PURCHASE_ORDERS
    writer: Writer = servicetitan.PURCHASE_ORDERS
    needs: tuple[str, ...] = ("vendors",)
    maps: tuple[str, ...] = ("cost-center", "plant", "material", "unit", "order-type", "budget-code")
    map_kinds: Mapping[str, str] = servicetitan_orders.MAP_KINDS
    exact_maps: tuple[str, ...] = ("unit",)
    match_before_create = False
    options: Options = {**servicetitan_orders.OPTIONS, "history": "open"}  # or "all": completed ones come as well
    choices: Choices = {
        **servicetitan_orders.CHOICES,
        "job_field": ("none", *sap_orders.JOB_FIELDS),
        "history": ("open", "all"),
    }
    record = staticmethod(from_sap)
    observe = staticmethod(servicetitan_orders.observed)
    is_gone = staticmethod(servicetitan_orders.is_gone)
    lines = staticmethod(servicetitan_orders.item_ids)
    worth = staticmethod(servicetitan_orders.worth)

    def wants(self, record: PurchaseOrder, options: Options) -> tuple[Want, ...]:
        jobs = {item.jobs.get(options["job_field"], "") for item in record.items} - {""}
        rows = rows_wanted(jobs, (item.cost_centers for item in record.items))
        return Want("link:vendors", record.supplier), *rows, *requested_orders.wants((record.number, *record.signs))

    def plan(self, record: PurchaseOrder, situation: Situation) -> Plan:
        """Cancels what SAP deleted, holds back what cannot go over, and creates or changes the rest."""
        check_choices(situation.options, self.choices)
        if record.is_deleted:
            return servicetitan_orders.plan_cancellation(situation)
        if record.obstacle:
            raise servicetitan_orders.held_back(*record.obstacle, situation)
        requested_orders.wait_for_request(record.number, record.signs, situation)
        if record.is_complete and situation.options["history"] == "open":
            take_over.leave_history(record.origins, situation)
        body, notes = to_servicetitan(record, situation.lookups, situation.options)
        body, situation = requested_orders.as_requested(record.number, record.signs, body, situation)
        return take_over.plan_order(record.number, body, situation, origins=record.origins, notes=notes)

    def figures(self, record: PurchaseOrder) -> Figures:
        amount = Decimal(0) if record.is_deleted else sum((item.net_amount for item in record.items), Decimal(0))
        return Figures(record.ordered_on, amount, record.currency)

    def label(self, record: PurchaseOrder) -> str:
        return f"SAP order {record.number} from supplier {record.supplier}"


FLOW = PurchaseOrders()
