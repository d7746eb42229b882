"""What each flow does, in the words of those who decide about it. A test holds this against all flows."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations import catalogue

Texts = str | Promise


@dataclass(frozen=True, slots=True)
class FlowWords:
    """What a flow reads, what it needs before it can write, what it writes, and what never goes over."""

    reads: Texts
    needs: Texts
    writes: Texts
    leaves: Texts


WORDS = {
    "vendors": FlowWords(
        _("Every supplier of SAP. Bank details are never read."),
        _("Nothing. It goes first: orders need their vendor."),
        _(
            "Vendors in ServiceTitan. A vendor that is the same company already is taken over; where one only looks "
            "alike you are asked; else a new one is made."
        ),
        _("Suppliers that are blocked or deleted in SAP and that ServiceTitan does not know."),
    ),
    "cost-centers": FlowWords(
        _("Cost centers of SAP that are valid today."),
        _("The map of cost centers: to which business unit each one belongs."),
        _("A note on the business unit (external data) that names its cost centers. None is made or renamed."),
        _("Cost centers that are not valid today."),
    ),
    "purchase-orders": FlowWords(
        _("Released purchase orders of SAP with their items, and each change of them."),
        _("The vendor, and the maps of cost centers, plants, materials and units."),
        _(
            "Purchase orders in ServiceTitan, one for one. They follow SAP: what changes there changes "
            "here, what is deleted there is cancelled here."
        ),
        _(
            "Stock transports, returns and limit items. With the first load: orders that are delivered and invoiced "
            "already, unless you want the whole history."
        ),
    ),
    "purchase-requisitions": FlowWords(
        _("Released purchase requisitions of SAP that name a supplier."),
        _("The vendor, and the maps that purchase orders need."),
        _("Purchase orders in ServiceTitan, before SAP has made its order. SAP's order then takes them over."),
        _("Items that are not released, closed, ordered already, or without a supplier. They are listed."),
    ),
    "supplier-invoices": FlowWords(
        _("Invoices that were posted in SAP for purchase orders, and their reversals."),
        _("The vendor, and the purchase orders that are billed."),
        _(
            "Receipts in ServiceTitan, of which it makes the bills; they are found and compared. A reversed invoice "
            "takes its receipts back."
        ),
        _("Credit memos, later debits and credits, and invoices without an order. They are listed with their amount."),
    ),
    "ap-bills": FlowWords(
        _("Bills of ServiceTitan, as the AP team sees them."),
        _("Nothing."),
        _("Nothing, unless you want bills marked as exported once both books agree. SAP's ledger is never written."),
        _("Bills are only kept and compared here."),
    ),
    "purchase-order-requests": FlowWords(
        _("Requests in ServiceTitan that wait for approval."),
        _("A vendor that SAP knows, and cost center, plant and material for each line."),
        _("A purchase order or requisition in SAP, and then the approval of the request in ServiceTitan."),
        _("Tax and shipping of a request: SAP's order has no place for them, and they are noted."),
    ),
    "vendors-to-sap": FlowWords(
        _("Vendors that were made or changed in ServiceTitan."),
        _("The flow for vendors from SAP, so that nothing is made twice."),
        _(
            "Suppliers in SAP. What only one side changed travels to the other; what both changed goes by the owner "
            "that you name for each field."
        ),
        _("Inactive vendors that SAP does not know. Tags and contacts, which ServiceTitan does not tell."),
    ),
    "cost-centers-to-sap": FlowWords(
        _("Business units of ServiceTitan."),
        _("The map of cost centers, read backwards, or the account code of the business unit."),
        _("Cost centers in SAP: the name, or a new one, as you choose. It needs SAP's newer service for cost centers."),
        _("The end of a cost center: a business unit that is switched off ends none."),
    ),
}
"""In the order in which people switch flows on: masters, orders, bills, and last what goes to SAP."""


def words(flow: str) -> FlowWords:
    """The words for a flow; of one that has none, its title."""
    return WORDS.get(flow) or FlowWords(catalogue.flows()[flow].title, "", "", "")


def in_order() -> list[str]:
    """All flows, each after those it needs, in the order in which people switch them on."""
    places = {name: at for at, name in enumerate(WORDS)}
    return sorted(catalogue.flows(), key=lambda name: places.get(name, len(places)))
