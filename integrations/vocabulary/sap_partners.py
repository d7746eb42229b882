"""Business partners as they are created in SAP and changed part by part (API_BUSINESS_PARTNER)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.errors import NeedsPerson
from integrations.flow import Row, Write
from integrations.vocabulary.address import NUMBER_FIRST, address_from_sap
from integrations.vocabulary.partner import address_row, contact_from_sap, default_entry, partner_name, why_blocked
from integrations.vocabulary.vendor_agreement import shared

NAME_PARTS = tuple(f"OrganizationBPName{part}" for part in (1, 2, 3, 4))
_ORGANISATION, _PERSON = "2", "1"
# A house number at the front; it is taken off where that is the custom, elsewhere it stays in the street.
_NUMBER_FIRST = re.compile(r"(\d\S{0,9}) (.+)")
_LENGTHS = {
    "StreetName": 60,
    "HouseNumber": 10,
    "HouseNumberSupplementText": 10,
    "CityName": 40,
    "PostalCode": 10,
    "Region": 3,
    "Country": 3,
    "PhoneNumber": 30,
    "EmailAddress": 241,
}


def partner_shares(row: Row) -> dict[str, Any]:
    """The members of a business partner that both sides may change."""
    address = address_row(row.get("addresses") or ())
    contact = contact_from_sap(address or {})
    return shared(
        name=partner_name(row),
        address=address_from_sap(address).members() if address else None,
        phone=contact["phone"],
        email=contact["email"],
        active=bool(row.get("supplier")) and not why_blocked(row),
    )


def vendor_members(row: Row) -> dict[str, Any]:
    """The same members as ServiceTitan's vendors take them."""
    address = address_row(row.get("addresses") or ()) or {}
    contact = contact_from_sap(address)
    return {
        "name": partner_name(row),
        "address": address_from_sap(address).members(),
        "phone": contact["phone"],
        "email": contact["email"],
        "active": not why_blocked(row),
    }


def new_partner(vendor: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a supplier's create, with everything below it in one transaction. Raises NeedsPerson."""
    address = {**_address(vendor["address"], options["country"]), "Language": options["language"]}
    if vendor["phone"]:
        address["phones"] = [fitting({"PhoneNumber": vendor["phone"], "PhoneNumberType": "1"})]
    if vendor["email"]:
        address["emails"] = [fitting({"EmailAddress": vendor["email"]})]
    terms = options["payment_terms"]
    company = {"CompanyCode": options["company_code"], "ReconciliationAccount": options["reconciliation_account"]}
    purchasing = {
        "PurchasingOrganization": options["purchasing_organization"],
        "PurchaseOrderCurrency": options["currency"],
    }
    return {
        "BusinessPartnerCategory": _ORGANISATION,
        "BusinessPartnerGrouping": options["grouping"],
        **{field: part for field, part in _organisation(vendor["name"]).items() if part},
        "SearchTerm1": vendor["name"][:20].upper(),
        "CorrespondenceLanguage": options["language"],
        "addresses": [address],
        "roles": [{"BusinessPartnerRole": role} for role in ("FLVN00", "FLVN01")],
        "supplier": {
            "companies": [company | ({"PaymentTerms": terms} if terms else {})],
            "purchasing_organizations": [purchasing | ({"PaymentTerms": terms} if terms else {})],
        },
    }


def change(member: str, vendor: Mapping[str, Any], row: Row, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The writer's action and body that bring one member to SAP. Raises NeedsPerson where SAP cannot take it."""
    if member == "name":
        return "patch", _name(vendor["name"], row)
    if member == "active":
        return "patch-supplier", _block(vendor["active"], row)
    address = address_row(row.get("addresses") or ())
    if address is None:
        return "add-address", _address(vendor["address"], options["country"])
    if member == "address":
        return "patch-address", {"AddressID": address["AddressID"], **_address(vendor["address"], options["country"])}
    return _contact(member, vendor[member], address)


def written(member: str, value: Any, key: str, action: str, body: dict[str, Any]) -> Write:
    """The write of one member, and what is seen of it afterwards."""
    return Write(action, key, body, {} if action == "add-address" and member != "address" else {member: value})


def fitting(body: dict[str, Any]) -> dict[str, Any]:
    """The body, if SAP's fields are long enough for it. Raises NeedsPerson: nothing is ever cut off."""
    for field, longest in _LENGTHS.items():
        if len(str(body.get(field, ""))) > longest:
            message = f'SAP has {longest} characters for {field}: "{body[field]}" does not fit. Shorten it there.'
            raise NeedsPerson(message, code="does-not-fit")
    return body


def _organisation(name: str) -> dict[str, str]:
    """A name in four fields of 40 characters, broken between words."""
    lines = [""]
    for word in name.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) <= 40:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > len(NAME_PARTS) or any(len(line) > 40 for line in lines):
        raise NeedsPerson(f'SAP has four lines of 40 characters: the name "{name}" does not fit.', code="does-not-fit")
    return dict(zip(NAME_PARTS, (*lines, "", "", ""), strict=False))


def _name(name: str, row: Row) -> dict[str, Any]:
    category = row.get("BusinessPartnerCategory")
    if category == _PERSON and not any(row.get(part) for part in NAME_PARTS):
        first, _, last = name.rpartition(" ")
        if max(len(first), len(last)) <= 40:
            return {"FirstName": first, "LastName": last}
        raise NeedsPerson(f'SAP has twice 40 characters for a person: "{name}" does not fit.', code="does-not-fit")
    if category != _ORGANISATION:
        raise NeedsPerson(f"The name of a business partner of category {category} is changed in SAP.", code="not-ours")
    return {**_organisation(name)}


def _block(active: bool, row: Row) -> dict[str, Any]:
    reason = why_blocked(row)
    if active and reason != "blocked for purchasing":
        raise NeedsPerson(f"It is {reason} in SAP: only there it can be made active again.", code="blocked-in-sap")
    return {"Supplier": row["Supplier"], "PurchasingIsBlocked": not active}


def _address(members: Mapping[str, str], country: str) -> dict[str, Any]:
    named = members["country"] or country
    street, number = members["street"], ""
    if found := _NUMBER_FIRST.fullmatch(street) if named in NUMBER_FIRST else None:
        number, street = found[1], found[2]
    return fitting(
        {
            "StreetName": street,
            "HouseNumber": number,
            "HouseNumberSupplementText": members["unit"],
            "POBox": "",
            "CityName": members["city"],
            "PostalCode": members["zip"],
            "Region": members["state"],
            "Country": named,
        }
    )


def _contact(member: str, value: str, address: Row) -> tuple[str, dict[str, Any]]:
    """A telephone number or e-mail address: changed where there is one, else added to the address."""
    entry = default_entry(address.get("emails"))
    body: dict[str, Any] = {"EmailAddress": value}
    if member == "phone":
        entry = default_entry(address.get("phones")) or default_entry(address.get("mobiles"))
        body = {"PhoneNumber": value}
    fitting(body)
    if not entry:
        more = {"PhoneNumberType": "1"} if member == "phone" else {}
        return f"add-{member}", {"AddressID": address["AddressID"], "Person": "", **body, **more}
    more = {"PhoneNumberExtension": ""} if member == "phone" else {}
    known = {"AddressID": address["AddressID"], "Person": entry["Person"], "OrdinalNumber": entry["OrdinalNumber"]}
    return f"patch-{member}", {**known, **body, **more}
