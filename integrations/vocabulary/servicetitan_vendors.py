"""Vendors as ServiceTitan shows them, and what else a new one needs (ServiceTitan Inventory V2 OpenAPI).

Write-only there, so never compared: paymentTermId, remittanceVendorId, vendorQuickbooksItem, tags, vendorContacts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.errors import NotReady, NotTransferable
from integrations.flow import Lookups, Row
from integrations.systems.servicetitan.objects import SUPPLIER_KEY
from integrations.systems.servicetitan.writing import external_value
from integrations.vocabulary.address import Address, address_from_servicetitan
from integrations.vocabulary.matching import digits
from integrations.vocabulary.texts import one_line
from integrations.vocabulary.vendor_agreement import shared

VENDORS = "vendors"
"""The flow that makes vendors of suppliers."""

PAYMENT_TERMS_KEY = "sap-payment-terms"


def vendor_id(supplier: str, lookups: Lookups) -> str:
    """The vendor of a supplier.

    Raises NotReady; NotTransferable where the supplier itself does not come (blocked, dismissed, no supplier at all).
    Should it come after all, whatever has this reason is woken.
    """
    try:
        return lookups.linked(VENDORS, supplier)
    except NotReady as error:
        if not (reason := lookups.why_not(VENDORS, supplier)):
            raise
        words = f"Its supplier {supplier} is no vendor in ServiceTitan: {reason}"
        raise NotTransferable(words, code="supplier-not-transferable", needs=error.needs) from None


def for_a_new_vendor(options: Mapping[str, Any]) -> dict[str, Any]:
    """What else ServiceTitan requires of a new vendor, or ours to set once; an address may be empty, not absent."""
    return {
        "address": Address().members(),
        "deliveryOption": options["delivery_option"],
        "taxRate": str(options["tax_rate"]),
        "isTruckReplenishment": options["is_truck_replenishment"],
        "restrictedMobileCreation": options["restricted_mobile_creation"],
        **({"tags": [{"tagTypeId": tag} for tag in options["tag_type_ids"]]} if options["tag_type_ids"] else {}),
    }


def observed(row: Row) -> dict[str, Any]:
    """The members that we write, of a vendor as read. Telephone numbers as digits: ServiceTitan may format them."""
    contact = row.get("contactInfo") or {}
    return {
        "name": one_line(row.get("name")),
        "active": row.get("active"),
        "firstName": one_line(contact.get("firstName")),
        "lastName": one_line(contact.get("lastName")),
        "phone": digits(contact.get("phone") or ""),
        "email": one_line(contact.get("email")).lower(),
        "fax": digits(contact.get("fax") or ""),
        "address": address_from_servicetitan(row.get("address")).members(),
        SUPPLIER_KEY: external_value(row, SUPPLIER_KEY),
        PAYMENT_TERMS_KEY: external_value(row, PAYMENT_TERMS_KEY),
    }


def expected(body: Row) -> dict[str, Any]:
    """What `observed` shows once this body has been written."""
    external = body.get("externalData", {})
    row = {**body, "contactInfo": body, "externalData": [{"key": key, "value": external[key]} for key in external]}
    return {name: value for name, value in observed(row).items() if name in body or name in external}


def vendor_shares(row: Row, country: str = "") -> dict[str, Any]:
    """The members of a vendor that both sides may change. `country` is that of an address that names none."""
    seen = observed(row)
    return shared(
        name=seen["name"],
        address=seen["address"],
        phone=seen["phone"],
        email=seen["email"],
        active=seen["active"] is not False,
        country=country,
    )
