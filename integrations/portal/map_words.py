"""What the value maps are about, in the words of those who fill them. A test holds this against all flows' maps."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Texts = str | Promise


@dataclass(frozen=True, slots=True)
class MapWords:
    """A map's title, what its codes are, what its values are, and what it is for."""

    title: Texts
    code: Texts
    value: Texts
    purpose: Texts


WORDS = {
    "cost-center": MapWords(
        _("Cost centers"),
        _("SAP cost center"),
        _("ServiceTitan business unit"),
        _("Says to which business unit an order for a cost center belongs."),
    ),
    "plant": MapWords(
        _("Plants"),
        _("SAP plant"),
        _("ServiceTitan inventory location"),
        _("Says into which warehouse or truck what is ordered for a plant is received."),
    ),
    "material": MapWords(
        _("Materials"),
        _("SAP material"),
        _("ServiceTitan SKU"),
        _("Says which pricebook item a material is. Services need no row: they go to the catch-all SKU."),
    ),
    "unit": MapWords(
        _("Units"),
        _("SAP unit"),
        _("Unit in ServiceTitan, with its factor"),
        _("EA is the same unit, EA*12 a box of twelve, FT*1/12 inches to feet."),
    ),
    "order-type": MapWords(
        _("Order types"),
        _("SAP order type"),
        _("ServiceTitan purchase order type"),
        _("What has no row becomes the default order type of the flow."),
    ),
    "requisition-type": MapWords(
        _("Requisition types"),
        _("SAP requisition type"),
        _("ServiceTitan purchase order type"),
        _("Only where requisitions become another type than orders do."),
    ),
    "budget-code": MapWords(
        _("Budget codes"),
        _("SAP cost center"),
        _("ServiceTitan budget code"),
        _("Only asked where the flow's option for budget codes says so."),
    ),
    "vendor": MapWords(
        _("Vendors that look alike"),
        _("SAP supplier"),
        _("ServiceTitan vendor, or create"),
        _("Your answer where a supplier looks like a vendor that is there already: which it is, or the word create."),
    ),
    "supplier": MapWords(
        _("Suppliers that look alike"),
        _("ServiceTitan vendor"),
        _("SAP supplier, or create"),
        _("Your answer where a vendor looks like a supplier that is there already: its number, or the word create."),
    ),
    "payment-terms": MapWords(
        _("Payment terms"),
        _("SAP payment terms"),
        _("ServiceTitan payment term"),
        _("Only asked where the flow for vendors names a company code."),
    ),
    "business-unit": MapWords(
        _("Business units"),
        _("ServiceTitan business unit"),
        _("SAP cost center"),
        _("For requests on their way to SAP. What has no row is read backwards from the map of cost centers."),
    ),
    "location": MapWords(
        _("Inventory locations"),
        _("ServiceTitan inventory location"),
        _("SAP plant"),
        _("For requests on their way to SAP. What has no row is read backwards from the map of plants."),
    ),
    "sku": MapWords(
        _("SKUs"),
        _("ServiceTitan SKU"),
        _("SAP material"),
        _("For requests on their way to SAP. What has no row is read backwards from the map of materials."),
    ),
    "sku-unit": MapWords(
        _("Units of SKUs"),
        _("ServiceTitan SKU"),
        _("SAP unit"),
        _("What has no row is ordered in the flow's unit."),
    ),
}


def words(value_map: str) -> MapWords:
    """The words for a map; of one that has none, its own name."""
    return WORDS.get(value_map) or MapWords(value_map, _("Code"), _("Value"), "")
