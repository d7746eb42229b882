"""What an order or a requisition of SAP wants, item by item, and how an item becomes a line in ServiceTitan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.errors import Misconfigured
from integrations.flow import Lookups
from integrations.vocabulary.address import Address
from integrations.vocabulary.money import Measure, plain
from integrations.vocabulary.order_references import measure_of
from integrations.vocabulary.servicetitan_orders import line_cost_in
from integrations.vocabulary.shares import agreed
from integrations.vocabulary.texts import described


@dataclass(frozen=True, slots=True)
class Item:
    """An item that is wanted. `quantity` is in SAP's unit, `net_amount` in the document's currency.

    `jobs` are job numbers by the field of SAP that holds them, `cost_centers` come with their amounts.
    """

    number: str
    text: str
    material: str
    vendor_part: str
    is_service: bool
    quantity: Decimal
    unit: str
    net_amount: Decimal
    plant: str
    required_on: str
    ship_to: Address | None
    cost_centers: tuple[tuple[str, Decimal], ...]
    jobs: Mapping[str, str]


def order_lines(
    items: Iterable[Item], lookups: Lookups, options: Mapping[str, Any]
) -> tuple[list[dict[str, str]], tuple[str, ...]]:
    """The lines and their notes, see `order_line`.

    What an option keeps from being written is told after every item has been looked at: a code of a later item that has
    no value comes first, since mapping it wakes what waits for it, and a rehearsal names all of them at once.
    """
    made: list[tuple[dict[str, str], str]] = []
    hindered: list[Misconfigured] = []
    for item in items:
        try:
            made.append(order_line(item, lookups, options))
        except Misconfigured as error:
            hindered.append(error)
    if hindered:
        raise hindered[0]
    return [line for line, _ in made], tuple(note for _, note in made if note)


def order_line(item: Item, lookups: Lookups, options: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """A line, and a note on what its cost cannot hold. A unit can be mapped for one material: "BX TG0012".

    The line holds skuId, description, vendorPartNumber, quantity (in the SKU's unit) and cost, all as texts; if the
    customer wants it, the budget code of the item's largest cost center, which people may change there.
    Raises Unmapped for a material or unit without a value, Misconfigured where no SKU takes free text.
    """
    if item.material and not item.is_service:
        sku = lookups.mapped("material", item.material, label=item.text)
    else:
        sku = lookups.mapped_or("material", item.material, options["catch_all_sku"])
    if not sku:
        reason = f"Item {item.number} is a service or has no material, and no catch-all SKU is named (catch_all_sku)."
        raise Misconfigured(reason, code="no-sku")
    unit = Measure(item.unit) if sku == options["catch_all_sku"] else measure_of(item.unit, item.material, lookups)
    quantity, text = unit.convert(item.quantity), described(item.number, item.text, unit.told(item.unit))
    cost, note = line_cost_in(options, item.number, item.net_amount, quantity)
    line = {"skuId": sku, "description": text, "vendorPartNumber": item.vendor_part}
    if options["budget_codes"] == "mapped" and (center := agreed("cost center", item.cost_centers, "dominant")):
        line["budgetCodeId"] = lookups.mapped("budget-code", center)
    return {**line, "quantity": plain(quantity), "cost": cost}, note
