"""What a purchase order refers to in ServiceTitan: looked up before it is written; what is missing is never guessed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from integrations.errors import Misconfigured, NeedsPerson, map_key, reference_key
from integrations.flow import Lookups, Want
from integrations.vocabulary.address import Address, address_from_servicetitan
from integrations.vocabulary.money import Measure, measure


def rows_wanted(jobs: Collection[str], shares: Iterable[Iterable[tuple[str, Decimal]]]) -> Iterator[Want]:
    """Jobs, and the business units that the cost centers of items are mapped to: read ahead for a whole batch."""
    yield from (Want("job", number) for number in sorted(jobs))
    codes = {code for each in shares for code, _ in each}
    yield from (Want("business-unit", code, mapped="cost-center") for code in sorted(codes))


def business_unit(number: str, currency: str, lookups: Lookups, centers: Iterable[str] = ()) -> str:
    """The business unit, if it exists and keeps its books in this currency (orders carry none of their own).

    `centers` are the cost centers that may have led to it: what a wrong one holds up goes on once it is mapped anew.
    """
    if not number:
        raise Misconfigured("No item has a cost center: set default_business_unit for such orders.", code="no-unit")
    row = lookups.reference("business-unit", number)
    if row and row.get("currency") in (None, "", currency):
        return number
    leading = (map_key("cost-center", center) for center in centers if lookups.mapped("cost-center", center) == number)
    needs = next(leading, "")
    if row is None:
        words = f"Business unit {number} does not exist in ServiceTitan."
        raise Misconfigured(words, code="unit-not-found", needs=needs)
    words = f"The order is in {currency}, business unit {number} keeps its books in {row['currency']}."
    raise Misconfigured(words, code="wrong-currency", needs=needs)


def order_type(code: str, default: str, lookups: Lookups) -> str:
    """The purchase order type for an order type of SAP. Raises Unmapped where neither map nor default has one."""
    return lookups.mapped_or("order-type", code, default) or lookups.mapped("order-type", code)


def measure_of(unit: str, material: str, lookups: Lookups) -> Measure:
    """The SKU's unit for a unit of SAP: what is mapped for this one material ("BX TG0012"), else for the unit."""
    return measure(lookups.mapped_or("unit", f"{unit} {material}", "") or lookups.mapped("unit", unit))


def job_id(number: str | None, lookups: Lookups) -> str:
    """The id of a job by its number, "" for none. One that does not exist is a person's, until it exists."""
    if not number:
        return ""
    row = lookups.reference("job", number)
    if row is None:
        words = f"Job {number} does not exist in ServiceTitan."
        raise NeedsPerson(words, code="job-not-found", needs=reference_key("job", number))
    return str(row["id"])


def location_address(number: str, lookups: Lookups) -> Address:
    """The address of a warehouse, for orders whose items name none. A truck has no address."""
    row = lookups.reference("inventory-location", number)
    if row is None:
        raise Misconfigured(f"Inventory location {number} does not exist in ServiceTitan.", code="location-not-found")
    return address_from_servicetitan(row.get("address"), name=str(row.get("name") or ""))
