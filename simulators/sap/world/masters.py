"""Company codes, purchasing organisations and groups, cost centers."""

from collections.abc import Iterator
from datetime import date, time

from simulators.sap.store import Row, Store
from simulators.sap.values import Value
from simulators.sap.world.words import TRADES

AREA = "A000"
OPEN_END = date(9999, 12, 31)
# Company code: name, city, country, currency.
COMPANIES = {
    "1710": ("Contractor US West", "Palo Alto", "US", "USD"),
    "1720": ("Contractor US South", "Phoenix", "US", "USD"),
    "1730": ("Contractor Europe", "Walldorf", "DE", "EUR"),
}
_LAST_WEST, _LAST_SOUTH = 8, 10


def company_of(place: int) -> str:
    """The company code of the n-th cost center (from 1)."""
    turn = (place - 1) % 12 + 1
    return "1710" if turn <= _LAST_WEST else "1720" if turn <= _LAST_SOUTH else "1730"


def cost_center_number(place: int) -> str:
    """The number of the n-th cost center (from 1)."""
    return str(10_101_100 + place)


def masters(store: Store, cost_centers: int, today: date) -> Iterator[Row]:
    """Rows that are not there yet."""
    for code in COMPANIES:
        if store.find("CompanyCode", {"CompanyCode": code}) is None:
            yield _company(store, code)
            name = COMPANIES[code][0][:20]
            organization = {"PurchasingOrganization": code, "PurchasingOrganizationName": name, "CompanyCode": code}
            yield store["PurchasingOrganization"].make(organization)
    for number in range(1, 4):
        group = {"PurchasingGroup": f"{number:03d}", "PurchasingGroupName": f"Buyer group {number}"}
        if store.find("PurchasingGroup", group) is None:
            yield store["PurchasingGroup"].make(group)
    for place in range(1, cost_centers + 1):
        yield from _cost_center(store, place, today)


def _company(store: Store, code: str) -> Row:
    name, city, country, currency = COMPANIES[code]
    return store["CompanyCode"].make(
        {
            "CompanyCode": code,
            "CompanyCodeName": name,
            "CityName": city,
            "Country": country,
            "Currency": currency,
            "Language": "EN",
            "ChartOfAccounts": "YCOA",
            "FiscalYearVariant": "K4",
            "ControllingArea": AREA,
            "Company": code,
        }
    )


def _cost_center(store: Store, place: int, today: date) -> Iterator[Row]:
    number = cost_center_number(place)
    if store.find("CostCenter", {"ControllingArea": AREA, "CostCenter": number, "ValidityEndDate": OPEN_END}):
        return
    start = date(2019, 1, 1)
    if place % 5 == 0:
        # A change in mid-life makes a second row in time.
        yield cost_center(store, place, start, date(2023, 12, 31), today)
        start = date(2024, 1, 1)
    yield cost_center(store, place, start, OPEN_END, today)


def cost_center(store: Store, place: int, start: date, end: date, today: date) -> Row:
    """One period of the n-th cost center, with its English text."""
    name = f"{TRADES[(place - 1) % len(TRADES)]} {place:02d}"
    company = company_of(place)
    values: dict[str, Value] = {
        "ControllingArea": AREA,
        "CostCenter": cost_center_number(place),
        "ValidityEndDate": end,
        "ValidityStartDate": start,
        "CostCenterName": name,
        "CostCenterDescription": f"{name} department",
        "CompanyCode": company,
        "CostCenterCategory": "F",
        "CostCtrResponsiblePersonName": "Dana Reyes",
        "CostCenterCurrency": COMPANIES[company][3],
        "ProfitCenter": f"YB{600 + place}",
        "CostCenterStandardHierArea": "0001",
        "FunctionalArea": "YB40",
        "Language": "EN",
        "CostCenterCreationDate": start,
        "CostCenterCreatedByUser": "CB9980000280",
        "CostCenterLastChangedOnDate": min(today, date(2024, 1, 1)),
        "CostCenterLastChangedAtTime": time(8, 15),
    }
    row = store["CostCenter"].make(values)
    text: dict[str, Value] = {
        "Language": "EN",
        "CostCenterName": name,
        "CostCenterDescription": values["CostCenterDescription"],
    }
    row.adopt(store["CostCenterText"].make(text, row))
    return row
