"""Business partners in the role of suppliers, with everything that hangs on them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row, Store
from simulators.sap.values import TICKS, Value, ticks_of
from simulators.sap.world.words import CITIES, STREETS, City, supplier_name

FIRST_SUPPLIER = 17_300_001
FIRST_PARTNER = 1_000_001
TERMS = ("NT30", "NT30", "NT45", "NT60", "0001")
_FROM = ticks_of(datetime.fromisoformat("1900-01-01T00:00:00+00:00"))
_UNTIL = ticks_of(datetime.fromisoformat("9999-12-31T23:59:59+00:00"))


@dataclass(frozen=True, slots=True)
class Oddity:
    """How often something unusual happens, per mille; all are scaled by the world's ``oddities``."""

    no_purchasing: int = 15
    purchasing_blocked: int = 20
    posting_blocked: int = 10
    payment_blocked: int = 20
    deleted: int = 10
    org_blocked: int = 10
    central_block: int = 5


ODDITY = Oddity()


def suppliers(store: Store, count: int, chance: Random, now: datetime, oddities: float) -> Iterator[Row]:
    """Roots to load: a business partner and a supplier for each number; numbers go on where the last ones ended."""
    first = max(
        next_number(store, "Supplier", FIRST_SUPPLIER) - FIRST_SUPPLIER,
        next_number(store, "BusinessPartner", FIRST_PARTNER) - FIRST_PARTNER,
    )
    for number in range(first, first + count):
        partner, supplier = make_supplier(store, number, chance, now)
        _bend(partner, supplier, chance, oddities)
        yield partner
        yield supplier


def make_supplier(store: Store, number: int, chance: Random, now: datetime) -> tuple[Row, Row]:
    """The n-th supplier (from 0), sound in every way."""
    name, city = supplier_name(number), CITIES[chance.randrange(len(CITIES))]
    created = (now - timedelta(days=chance.randrange(200, 2_500))).date()
    changed = created + timedelta(days=chance.randrange(1, 190)) if chance.random() < 0.7 else None
    return build(store, number, name=name, city=city, created=created, changed=changed, chance=chance)


def build(
    store: Store, number: int, *, name: str, city: City, created: date, changed: date | None, chance: Random
) -> tuple[Row, Row]:
    """A business partner and its supplier from the given facts."""
    key, supplier = str(FIRST_PARTNER + number), str(FIRST_SUPPLIER + number)
    at = time(chance.randrange(7, 18), chance.randrange(60), chance.randrange(60))
    partner = store["BusinessPartner"].make(
        {
            "BusinessPartner": key,
            "Supplier": supplier,
            "BusinessPartnerCategory": "2",
            "BusinessPartnerFullName": name,
            "BusinessPartnerName": name,
            "BusinessPartnerGrouping": "BP02",
            "BusinessPartnerUUID": str(UUID(int=chance.getrandbits(128), version=4)),
            "CreatedByUser": "CB9980000012",
            "CreationDate": created,
            "CreationTime": at,
            "LastChangeDate": changed,
            "LastChangeTime": at if changed else time(0),
            "LastChangedByUser": "CB9980000012" if changed else "",
            "OrganizationBPName1": name[:40],
            "SearchTerm1": name.split(maxsplit=1)[0].upper(),
        }
    )
    partner.adopt(_address(store, partner, city, chance))
    for role in ("FLVN00", "FLVN01"):
        partner.adopt(store["BusinessPartnerRole"].make(_role(role), partner))
    tax = {"BPTaxType": "US1", "BPTaxNumber": f"{chance.randrange(10, 99)}-{chance.randrange(10**6, 10**7)}"}
    partner.adopt(store["BusinessPartnerTax"].make(tax, partner))
    partner.adopt(store["BusinessPartnerBank"].make(_bank(name, chance), partner))
    return partner, _supplier(store, supplier, name, created, chance)


def _role(role: str) -> dict[str, Value]:
    return {"BusinessPartnerRole": role, "ValidFrom": _FROM, "ValidTo": _UNTIL}


def _bank(name: str, chance: Random) -> dict[str, Value]:
    # Nobody but a bank has any business with these: the word shows where they leak.
    return {
        "BankIdentification": "0001",
        "BankCountryKey": "US",
        "BankNumber": "011000390",
        "BankAccount": f"CANARY{chance.randrange(10**7, 10**8)}",
        "BankAccountHolderName": name,
    }


def _address(store: Store, partner: Row, city: City, chance: Random) -> Row:
    number = str(20_000 + int(partner["BusinessPartner"]) - FIRST_PARTNER)
    address = store["BusinessPartnerAddress"].make(
        {
            "AddressID": number,
            "ValidityStartDate": _FROM,
            "ValidityEndDate": _UNTIL,
            "AddressUUID": str(UUID(int=chance.getrandbits(128), version=4)),
            "CityName": city.name,
            "Country": "US",
            "FullName": partner["BusinessPartnerFullName"],
            "HouseNumber": str(chance.randrange(1, 9_900)),
            "Language": "EN",
            "PostalCode": f"{city.zip_prefix}{chance.randrange(1, 99):02d}",
            "Region": city.region,
            "StreetName": STREETS[chance.randrange(len(STREETS))],
        },
        partner,
    )
    for table, values in _contacts(partner, number, city, chance):
        address.adopt(store[table].make(values, address))
    return address


def _contacts(partner: Row, address: str, city: City, chance: Random) -> Iterator[tuple[str, dict[str, Any]]]:
    yield (
        "AddressUsage",
        {
            "BusinessPartner": partner["BusinessPartner"],
            "AddressID": address,
            "AddressUsage": "XXDEFAULT",
            "ValidityEndDate": _UNTIL,
            "ValidityStartDate": _FROM,
            "StandardUsage": True,
        },
    )
    words = partner["BusinessPartnerFullName"].lower().replace("&", "").split()
    mail = f"orders@{''.join(words[:3])}.example"
    common = {"AddressID": address, "Person": "", "OrdinalNumber": "1"}
    yield "AddressEmail", {**common, "EmailAddress": mail, "IsDefaultEmailAddress": True}
    yield "AddressPhone", {**common, **_phone(city, chance, "1"), "IsDefaultPhoneNumber": True}
    if chance.random() < 0.4:
        yield "AddressPhone", {**common, "OrdinalNumber": "2", **_phone(city, chance, "3")}
    if chance.random() < 0.3:
        number = f"{city.area} 555 {chance.randrange(10**4):04d}"
        yield "AddressFax", {**common, "FaxNumber": number, "FaxCountry": "US", "IsDefaultFaxNumber": True}


def _phone(city: City, chance: Random, kind: str) -> dict[str, str]:
    line = f"{chance.randrange(200, 999)}{chance.randrange(10**4):04d}"
    return {
        "DestinationLocationCountry": "US",
        "PhoneNumber": f"{city.area} {line[:3]} {line[3:]}",
        "InternationalPhoneNumber": f"+1{city.area}{line}",
        "PhoneNumberType": kind,
    }


def _supplier(store: Store, number: str, name: str, created: date, chance: Random) -> Row:
    terms = TERMS[chance.randrange(len(TERMS))]
    supplier = store["Supplier"].make(
        {
            "Supplier": number,
            "CreatedByUser": "CB9980000012",
            "CreationDate": created,
            "SupplierAccountGroup": "SUPL",
            "SupplierName": name,
            "SupplierFullName": name.upper(),
        }
    )
    for code, currency in (("1710", "USD"), ("1720", "USD"), ("1730", "EUR")):
        if code != "1710" and chance.random() < 0.5:
            continue
        company = {"CompanyCode": code, "ReconciliationAccount": "21100000", "PaymentTerms": terms}
        supplier.adopt(store["SupplierCompany"].make(company, supplier))
        organization = {
            "PurchasingOrganization": code,
            "PaymentTerms": terms,
            "PurchaseOrderCurrency": currency,
            "PurchasingGroup": "001",
        }
        supplier.adopt(store["SupplierPurchasingOrg"].make(organization, supplier))
    return supplier


def _bend(partner: Row, supplier: Row, chance: Random, oddities: float) -> None:
    def happens(per_mille: int) -> bool:
        return chance.random() * 1_000 < per_mille * oddities

    if happens(ODDITY.purchasing_blocked):
        supplier["PurchasingIsBlocked"] = True
    if happens(ODDITY.posting_blocked):
        supplier["PostingIsBlocked"] = True
    if happens(ODDITY.payment_blocked):
        supplier["PaymentIsBlockedForSupplier"] = True
    if happens(ODDITY.deleted):
        supplier["DeletionIndicator"] = True
    if happens(ODDITY.central_block):
        partner["BusinessPartnerIsBlocked"] = True
    for organization in supplier.children("SupplierPurchasingOrg"):
        if happens(ODDITY.org_blocked):
            organization["PurchasingIsBlockedForSupplier"] = True
    if happens(ODDITY.no_purchasing):
        _take_purchasing_away(partner, supplier)


def _take_purchasing_away(partner: Row, supplier: Row) -> None:
    roles = partner.children("BusinessPartnerRole")
    roles[:] = [role for role in roles if role["BusinessPartnerRole"] != "FLVN01"]
    supplier.children("SupplierPurchasingOrg").clear()


def seventh_digit(chance: Random) -> int:
    """A part of a second in units of 100 ns, so that stamps have all seven digits."""
    return chance.randrange(TICKS)
