"""The world a tenant starts with, made from a seed by the conventions in simulators/README.md."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from simulators.servicetitan import vendors
from simulators.servicetitan.checks import stamp
from simulators.servicetitan.reference import equipment, material
from simulators.servicetitan.table import Record
from simulators.servicetitan.tenant import Tenant

MATERIALS = 400
JOBS = 60
SERVICE_LINE = "SERVICE-LINE"
INACTIVE_SKU = "HV-18001"
_TRADES = ("HVAC Service", "HVAC Install", "Plumbing", "Electrical", "Roofing", "Drains")
_CITIES = (
    ("1710", "Palo Alto", "CA", "94304", "3475 Deer Creek Road"),
    ("1720", "Phoenix", "AZ", "85004", "201 East Washington Street"),
    ("1730", "Walldorf", "BW", "69190", "Dietmar-Hopp-Allee 16"),
)
_PARTS = ("Copper pipe", "Ball valve", "Air filter", "Thermostat", "Breaker", "Conduit", "Duct", "Sealant", "Fitting")
_SIZES = ("1/2 in", "3/4 in", "1 in", "2 in", "16x20", "20x25", "15 A", "20 A", "10 ft", "large")
_MACHINES = ("Condensing unit", "Furnace", "Heat pump", "Water heater", "Air handler")
_UNITS = ("Each", "Each", "Each", "Foot", "Box", "Hour")
_TERMS = (("Net 30", 30), ("Net 45", 45), ("Net 60", 60), ("Due on receipt", 0))


def populate(
    tenant: Tenant, seed: int, existing_vendors: Iterable[Mapping[str, Any]] = (), materials: int = MATERIALS
) -> None:
    """Fill an empty tenant. The same seed and tenant id give the same rows and ids."""
    chance = Random(f"{seed}/{tenant.number}")
    units = _business_units(tenant)
    _order_types(tenant)
    _locations(tenant)
    _pricebook(tenant, chance, materials)
    _accounting(tenant)
    _projects_and_jobs(tenant, units, chance)
    _custom_fields(tenant)
    for row in existing_vendors:
        add_vendor(tenant, row)


def add_vendor(tenant: Tenant, row: Mapping[str, Any]) -> Record:
    """A vendor as a person would enter it: any of the create members, the rest is filled in."""
    address = dict.fromkeys(("street", "unit", "city", "state", "zip", "country"), "")
    body = {
        "active": True,
        "isTruckReplenishment": False,
        "restrictedMobileCreation": False,
        "taxRate": Decimal(),
        **row,
        "address": {**address, **row.get("address", {})},
    }
    return vendors.new_vendor(tenant, body)


def _business_units(tenant: Tenant) -> list[Record]:
    units = []
    for place in range(1, 13):
        trade = _TRADES[(place - 1) % len(_TRADES)]
        data = {
            "active": True,
            "name": f"{trade} {place:02d}",
            "officialName": f"{trade} {place:02d}",
            "email": None,
            "currency": "EUR" if place > 10 else "USD",
            "phoneNumber": None,
            "defaultTaxRate": 0,
            "address": None,
            "accountCode": f"101011{place:02d}",
            "trade": {"id": (place - 1) % len(_TRADES) + 1, "name": trade},
            "division": None,
            "tagTypeIds": [],
            "tenant": {"id": tenant.number, "name": tenant.name, "modifiedOn": stamp(tenant.clock.now())},
        }
        texts = ("invoiceHeader", "invoiceMessage", "authorizationParagraph", "acknowledgementParagraph")
        codes = ("materialSku", "quickbooksClass", "franchiseId", "conceptCode", "corporateContractNumber")
        empty = dict.fromkeys((*texts, *codes), None)
        units.append(tenant["business-units"].add(tenant.next_id(), {**empty, **data}))
    return units


def _order_types(tenant: Tenant) -> None:
    for name, receives, active in (
        ("SAP Purchase Order", False, True),
        ("Auto Receive", True, True),
        ("Stock", False, True),
        ("Retired", False, False),
    ):
        data = {
            "name": name,
            "active": active,
            "automaticallyReceive": receives,
            "displayToTechnician": True,
            "impactToTechnicianPayroll": False,
            "allowTechniciansToSendPo": False,
            "defaultRequiredDateDaysOffset": 3,
            "skipWeekends": True,
            "excludeTaxFromJobCosting": False,
        }
        tenant["purchase-order-types"].add(tenant.next_id(), data)


def _locations(tenant: Tenant) -> None:
    for plant, city, state, code, street in _CITIES:
        address = {"street": street, "unit": None, "city": city, "state": state, "zip": code}
        country = "DE" if plant == "1730" else "US"
        data = {"name": f"Warehouse {plant}", "active": True, "address": {**address, "country": country}}
        warehouse = tenant["warehouses"].add(tenant.next_id(), {**data, "inventoryTemplateId": None})
        for number in (1, 2):
            truck = {
                "name": f"Truck {plant}-{number}",
                "active": True,
                "memo": "",
                "warehouseId": warehouse.id,
                "technicianIds": [],
                "inventoryTemplateId": None,
            }
            tenant["trucks"].add(tenant.next_id(), truck)


def _pricebook(tenant: Tenant, chance: Random, materials: int) -> None:
    for number in range(10_001, 10_001 + materials):
        cost = Decimal(chance.randrange(150, 90_000)) / 100
        code = f"HV-{number}"
        if number % 20 == 0:
            name = f"{chance.choice(_MACHINES)} {chance.choice(_SIZES)}"
            _sku(tenant, equipment, code=code, name=name, cost=cost * 10)
        else:
            name = f"{chance.choice(_PARTS)} {chance.choice(_SIZES)}"
            _sku(tenant, material, code=code, name=name, cost=cost, unitOfMeasure=chance.choice(_UNITS))
    _sku(tenant, material, code=SERVICE_LINE, name="Service or text line", cost=Decimal(), isInventory=False)
    _sku(tenant, material, code=INACTIVE_SKU, name="Discontinued part", cost=Decimal(1), active=False)


def _sku(tenant: Tenant, shape: Any, *, name: str, cost: Decimal, **others: Any) -> None:
    table = "equipment" if shape is equipment else "materials"
    plain = {"displayName": name, "description": name, "cost": cost, "price": cost * 2}
    data = shape(**{"unitOfMeasure": "Each", "isInventory": True, **plain, **others})
    tenant[table].add(tenant.next_id(), data)


def _accounting(tenant: Tenant) -> None:
    discount = dict.fromkeys(("id", "discountApplyTo", "discount", "discountType", "account", "applyBy"), None)
    interest = {"rateType": "Flat", "frequency": "Once", "targetInvoices": [], "taskId": 0, "taskDisplayName": ""}
    for name, days in _TERMS:
        data = {
            "name": name,
            "dueDayType": "NumberOfDays",
            "dueDay": days,
            "isCustomerDefault": False,
            "isVendorDefault": days == 30,
            "active": True,
            "inUse": True,
            "paymentTermDiscountModel": {**discount, "applyByValue": None},
            "interestSettings": interest,
        }
        tenant["payment-terms"].add(tenant.next_id(), data)
    for number, name, kind in (("1400", "Inventory", "Asset"), ("5000", "Cost of goods sold", "CostOfGoodsSold")):
        plain = {"name": name, "number": number, "description": name, "type": kind, "subtype": kind, "active": True}
        intacct = {"isIntacctGroup": False, "isIntacctBankAccount": False, "source": "AccountingSystem"}
        tenant["gl-accounts"].add(tenant.next_id(), {**plain, **intacct, "defaultAccountType": None})
    zone = {"name": "Standard", "color": 0, "isTaxRateSeparated": False, "isMultipleTaxZone": False, "rates": []}
    tenant["tax-zones"].add(tenant.next_id(), {**zone, "active": True})
    tag = {"name": "SAP", "color": "#0070f2", "code": "SAP", "importance": None, "active": True}
    flags = ("isConversionOpportunity", "allowToUseOnTimesheetActivity", "isVisibleOnDispatchBoard")
    tenant["tag-types"].add(tenant.next_id(), {**tag, **dict.fromkeys(flags, False)})


def _projects_and_jobs(tenant: Tenant, units: list[Record], chance: Random) -> None:
    projects = [_project(tenant, number, [units[number - 1].id, units[number].id]) for number in (1, 2, 3)]
    for segment in range(1, 4):
        binding = {"segmentId": 1, "segmentItemId": segment, "code": f"0{segment}", "description": None, "path": None}
        code = {"code": f"0{segment}", "description": f"Cost code 0{segment}", "segments": [binding]}
        tenant["budget-codes"].add(tenant.next_id(), code)
    for place in range(1, JOBS + 1):
        status = {JOBS - 1: "Canceled", JOBS: "Completed"}.get(place, "Scheduled" if place % 3 else "InProgress")
        project = projects[place % 3].id if place % 10 == 0 else None
        add_job(tenant, str(2000 + place), status, chance.choice(units).id, project)


def _project(tenant: Tenant, number: int, unit_ids: list[int]) -> Record:
    nothing = ("summary", "statusId", "subStatus", "subStatusId", "projectTypeId", "startDate", "targetCompletionDate")
    data = {
        "number": str(3000 + number),
        "name": f"Project {number}",
        "status": "InProgress",
        **dict.fromkeys((*nothing, "actualCompletionDate"), None),
        "customerId": 1,
        "locationId": 1,
        "projectManagerIds": [],
        "businessUnitIds": unit_ids,
        "customFields": [],
        "jobIds": [],
    }
    return tenant["projects"].add(tenant.next_id(), data)


def add_job(tenant: Tenant, number: str, status: str, unit_id: int, project_id: int | None = None) -> Record:
    """A job with its number; everything else is plain."""
    ones = ("customerId", "locationId", "jobTypeId", "campaignId", "appointmentCount", "firstAppointmentId")
    nothing = ("recallForId", "warrantyId", "jobGeneratedLeadSource", "leadCallId", "partnerLeadCallId", "bookingId")
    others = ("soldById", "membershipId", "createdFromEstimateId", "summary")
    data: dict[str, Any] = {
        "jobNumber": number,
        "projectId": project_id,
        "jobStatus": status,
        "completedOn": stamp(tenant.clock.now()) if status == "Completed" else None,
        "businessUnitId": unit_id,
        "priority": "Normal",
        **dict.fromkeys((*ones, "lastAppointmentId", "createdById", "invoiceId"), 1),
        **dict.fromkeys((*nothing, *others), None),
        "noCharge": False,
        "notificationsEnabled": True,
        "tagTypeIds": [],
        "customerPo": "",
        "total": Decimal(),
        "estimateIds": [],
        "customFields": [],
    }
    return tenant["jobs"].add(tenant.next_id(), data)


def _custom_fields(tenant: Tenant) -> None:
    now = stamp(tenant.clock.now())
    for table, name in (("vendors", "SAP Supplier"), ("ap-bills", "SAP Document")):
        row = {"id": tenant.next_id(), "name": name, "dataType": "Text", "dataTypeOptions": None}
        tenant.custom_fields[table] = [{**row, "createdOn": now, "modifiedOn": now}]
