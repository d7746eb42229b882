"""What orders refer to: order types, locations, business units, jobs, the pricebook, terms; mostly read only."""

from collections.abc import Callable
from typing import Any

from simulators.servicetitan import external_data
from simulators.servicetitan.answers import only_id, render
from simulators.servicetitan.feeds import answer_feed
from simulators.servicetitan.lists import (
    Filter,
    Listing,
    Test,
    answer_list,
    answer_one,
    before,
    contains,
    equals,
    one_of,
    one_word_of,
    since,
)
from simulators.servicetitan.problems import refuse
from simulators.servicetitan.tenant import Call
from simulators.wire import Response, json_response

Handler = Callable[[Call], Response]


def _ignored(value: Any) -> Test:
    """A declared filter that has nothing to filter here."""
    return lambda record: True


_JOB_FILTERS: dict[str, Filter] = {
    "number": equals("jobNumber"),
    "projectId": equals("projectId"),
    "jobStatus": equals("jobStatus"),
    "customerId": equals("customerId"),
    "locationId": equals("locationId"),
    "jobTypeId": equals("jobTypeId"),
    "campaignId": equals("campaignId"),
    "businessUnitId": equals("businessUnitId"),
    "invoiceId": equals("invoiceId"),
    "bookingId": equals("bookingId"),
    "soldById": equals("soldById"),
    "priority": equals("priority"),
    "createdFromEstimateId": equals("createdFromEstimateId"),
    "completedOnOrAfter": since("completedOn"),
    "completedBefore": before("completedOn"),
    **dict.fromkeys(
        ("appointmentStatus", "firstAppointmentStartsOnOrAfter", "firstAppointmentStartsBefore", "tagTypeIds"), _ignored
    ),
    **dict.fromkeys(("appointmentStartsOnOrAfter", "appointmentStartsBefore", "technicianId", "estimateIds"), _ignored),
    "hasUnusedAppointments": _ignored,
}
_SKU_FILTERS: dict[str, Filter] = {"searchText": contains("displayName", "code", "description")}
_MATERIAL_FILTERS = {"isOtherDirectCost": equals("isOtherDirectCost"), "costTypeIds": one_of("costTypeId")}
_PROJECT_FILTERS: dict[str, Filter] = {
    "customerId": equals("customerId"),
    "locationId": equals("locationId"),
    "projectTypeId": equals("projectTypeId"),
    "status": equals("status"),
}
_ACCOUNT_FILTERS: dict[str, Filter] = {
    "names": one_word_of("name"),
    "numbers": one_word_of("number"),
    "types": one_word_of("type"),
    "subtypes": one_word_of("subtype"),
    "description": contains("description"),
    "source": equals("source"),
    "isIntacctGroup": equals("isIntacctGroup"),
    "isIntacctBankAccount": equals("isIntacctBankAccount"),
}

LISTINGS: dict[str, Listing] = {
    "PurchaseOrderTypes_GetList": Listing("purchase-order-types"),
    "Warehouses_GetList": Listing("warehouses"),
    "Trucks_GetList": Listing("trucks"),
    "BusinessUnits_GetList": Listing("business-units", filters={"name": contains("name")}),
    "TagTypes_GetList": Listing("tag-types"),
    "Jobs_GetList": Listing("jobs", filters=_JOB_FILTERS, keyed={"number": "jobNumber"}, has_active=False),
    "Projects_GetList": Listing("projects", filters=_PROJECT_FILTERS, has_active=False),
    "BudgetCodes_ListCompanyBudgetCodes": Listing(
        "budget-codes", filters={"budgetCodeIds": one_of("id")}, has_active=False
    ),
    "Materials_GetList": Listing("materials", filters={**_SKU_FILTERS, **_MATERIAL_FILTERS}),
    "Equipment_GetList": Listing("equipment", filters=_SKU_FILTERS),
    "PaymentTerms_GetList": Listing("payment-terms", has_active=False),
    "GlAccounts_GetList": Listing("gl-accounts", filters=_ACCOUNT_FILTERS),
    "TaxZones_GetList": Listing("tax-zones"),
    "RemittanceVendors_GetList": Listing("remittance-vendors"),
}
_ONES = {
    "BusinessUnits_Get": ("business-units", "Business unit"),
    "Jobs_Get": ("jobs", "Job"),
    "Projects_Get": ("projects", "Project"),
    "Materials_Get": ("materials", "Material"),
    "Equipment_Get": ("equipment", "Equipment"),
    "PaymentTerms_GetPaymentTermModel": ("payment-terms", "Payment term"),
    "GlAccounts_GetAccount": ("gl-accounts", "Account"),
}
_FEEDS = {
    "Export_BusinessUnits": "business-units",
    "Export_Jobs": "jobs",
    "Export_Materials": "materials",
    "Export_Equipment": "equipment",
}


def _list(listing: Listing) -> Handler:
    return lambda call: answer_list(call, listing)


def _one(table: str, kind: str) -> Handler:
    return lambda call: answer_one(call, table, kind)


def _feed(table: str) -> Handler:
    return lambda call: answer_feed(call, table)


def _search(listing: Listing) -> Handler:
    """A pricebook list: the search text has 2 to 200 characters."""

    def handler(call: Call) -> Response:
        if not 2 <= len(call.given.get("searchText", "--")) <= 200:
            raise refuse("SearchText", "The field SearchText must have 2 to 200 characters.")
        return answer_list(call, listing)

    return handler


def _only_external_data(table: str, kind: str) -> Handler:
    """A PATCH that can carry nothing but external data."""

    def handler(call: Call) -> Response:
        record = call.found(table, kind)
        if "externalData" in call.body:
            external = external_data.updated(record, call.body["externalData"])
            touch = call.tenant.switches.external_data_touches
            call.tenant[table].change(record, {}, touch=touch, external=external)
        return only_id(record.id)

    return handler


def _create_type(call: Call) -> Response:
    data = dict(call.body)
    hidden = {name: data.pop(name) for name in _TYPE_WRITE_ONLY if name in data}
    record = call.tenant["purchase-order-types"].add(call.tenant.next_id(), data, hidden=hidden)
    return only_id(record.id)


def _update_type(call: Call) -> Response:
    record = call.found("purchase-order-types", "Purchase order type")
    data = {name: value for name, value in call.body.items() if name not in _TYPE_WRITE_ONLY}
    hidden = {**record.hidden, **{name: call.body[name] for name in _TYPE_WRITE_ONLY if name in call.body}}
    call.tenant["purchase-order-types"].change(record, data, hidden=hidden)
    return only_id(record.id)


_TYPE_WRITE_ONLY = (
    "includeInPoScreen",
    "includeInSalesTax",
    "isDefault",
    "copyPurchaseOrderItemsToInvoiceWhenReceived",
    "isDefaultForConsignment",
    "alertSettings",
)


def _create_truck(call: Call) -> Response:
    _check_warehouse(call)
    data = {
        "name": call.body["name"],
        "active": True,
        "memo": call.body.get("memo") or "",
        "warehouseId": call.body["warehouseId"],
        "technicianIds": call.body.get("technicianIds") or [],
        "inventoryTemplateId": call.body.get("templateId"),
    }
    external = external_data.created(call.body.get("externalData"))
    return only_id(call.tenant["trucks"].add(call.tenant.next_id(), data, external=external).id)


def _update_truck(call: Call) -> Response:
    record = call.found("trucks", "Truck")
    _check_warehouse(call)
    plain = ("name", "active", "memo", "warehouseId", "technicianIds")
    data = {name: call.body[name] for name in plain if name in call.body}
    if "templateId" in call.body:
        data["inventoryTemplateId"] = call.body["templateId"]
    external = record.external
    if "externalData" in call.body:
        external = external_data.updated(record, call.body["externalData"])
    call.tenant["trucks"].change(record, data, external=external)
    return only_id(record.id)


def _check_warehouse(call: Call) -> None:
    if call.body.get("warehouseId") not in (None, *call.tenant["warehouses"].rows):
        raise refuse("warehouseId", "There is no such warehouse.")


def _create_material(call: Call) -> Response:
    body = dict(call.body)
    external = external_data.created(body.pop("externalData", None))
    if any(it.data["code"] == body["code"] for it in call.tenant["materials"].rows.values()):
        raise refuse("code", f"The code {body['code']} is already in use.")
    data = material(**{name: value for name, value in body.items() if value is not None and name in material()})
    record = call.tenant["materials"].add(call.tenant.next_id(), data, external=external)
    return json_response(render(call, record), 201)


def material(**values: Any) -> dict[str, Any]:
    """All members of a material, with what a fresh one has; ``values`` say otherwise."""
    zero = ("cost", "price", "memberPrice", "addOnPrice", "addOnMemberPrice", "hours", "bonus", "commissionBonus")
    no = ("paysCommission", "deductAsJobCost", "isInventory", "isConfigurableMaterial", "isOtherDirectCost")
    nothing = ("displayName", "unitOfMeasure", "account", "costOfSaleAccount", "assetAccount", "taxable")
    others = ("primaryVendor", "otherVendors", "source", "externalId", "variationsOrConfigurableMaterials")
    more = ("businessUnitId", "generalLedgerAccountId", "costTypeId", "defaultAssetUrl", "budgetCostCode")
    fresh: dict[str, Any] = {
        "code": "",
        "description": "",
        "active": True,
        **dict.fromkeys(zero, 0),
        **dict.fromkeys(no, False),
        **dict.fromkeys((*nothing, *others, *more, "budgetCostType"), None),
        "categories": [],
        "assets": [],
        "chargeableByDefault": True,
        "createdById": 0,
        "displayInAmount": False,
    }
    return {**fresh, **values}


def equipment(**values: Any) -> dict[str, Any]:
    """All members of a piece of equipment, with what a fresh one has; ``values`` say otherwise."""
    zero = ("cost", "price", "memberPrice", "addOnPrice", "addOnMemberPrice", "hours", "bonus", "commissionBonus")
    lists = ("categories", "assets", "recommendations", "upgrades", "equipmentMaterials")
    nothing = ("displayName", "manufacturer", "model", "primaryVendor", "otherVendors", "account", "costOfSaleAccount")
    others = ("assetAccount", "crossSaleGroup", "unitOfMeasure", "source", "externalId", "typeId", "defaultAssetUrl")
    more = ("variationsOrConfigurableEquipment", "generalLedgerAccountId", "dimensions", "budgetCostCode")
    fresh: dict[str, Any] = {
        "code": "",
        "description": "",
        "active": True,
        **dict.fromkeys(zero, 0),
        **dict.fromkeys((*nothing, *others, *more, "budgetCostType"), None),
        **{name: [] for name in lists},
        "manufacturerWarranty": {"duration": 0, "description": None},
        "serviceProviderWarranty": {"duration": 0, "description": None},
        "paysCommission": False,
        "taxable": True,
        "isInventory": True,
        "isConfigurableEquipment": False,
        "displayInAmount": False,
    }
    return {**fresh, **values}


HANDLERS: dict[str, Handler] = {
    **{name: _list(listing) for name, listing in LISTINGS.items()},
    **{name: _one(*what) for name, what in _ONES.items()},
    **{name: _feed(table) for name, table in _FEEDS.items()},
    "Materials_GetList": _search(LISTINGS["Materials_GetList"]),
    "Equipment_GetList": _search(LISTINGS["Equipment_GetList"]),
    "Materials_Create": _create_material,
    "PurchaseOrderTypes_Create": _create_type,
    "PurchaseOrderTypes_Update": _update_type,
    "Trucks_Create": _create_truck,
    "Trucks_Update": _update_truck,
    "Warehouses_Update": _only_external_data("warehouses", "Warehouse"),
    "BusinessUnits_Update": _only_external_data("business-units", "Business unit"),
}
