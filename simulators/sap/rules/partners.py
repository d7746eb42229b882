"""Business partners: creation as a supplier, roles and organisational data added later, changes."""

from datetime import UTC, datetime
from uuid import uuid4

from simulators.sap.bodies import Draft
from simulators.sap.problems import business
from simulators.sap.rules.checks import known, needed, write_once
from simulators.sap.rules.numbers import next_number
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value, ticks_of
from simulators.sap.world.suppliers import FIRST_PARTNER, FIRST_SUPPLIER

_FROM = ticks_of(datetime(1900, 1, 1, tzinfo=UTC))
_UNTIL = ticks_of(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
# Grouping: whether numbers are given by the system.
_GROUPINGS = {"BP01": True, "BP02": True, "BPEE": False}
_VENDOR, _SUPPLIER = "FLVN00", "FLVN01"
_CATEGORIES = ("1", "2", "3")
_ORGANIZATION = "2"
_NAMES = {"1": "LastName", "2": "OrganizationBPName1", "3": "GroupBusinessPartnerName1"}
_WRITE_ONCE = frozenset({"BusinessPartnerCategory", "BusinessPartnerGrouping"})
_SIMPLE = ("BusinessPartnerRole", "BusinessPartnerTax", "BusinessPartnerBank", "BusinessPartnerIdentification")
_DEFAULTS: dict[str, dict[str, Value]] = {"BusinessPartnerRole": {"ValidFrom": _FROM, "ValidTo": _UNTIL}}


def create(tenant: Tenant, draft: Draft) -> Row:
    """Create a partner with everything below it, and a supplier if a role asks for one. Raises ODataError."""
    number = _number(tenant, draft)
    name = " ".join(filter(None, (draft.text("FirstName"), draft.text(_NAMES[draft.text("BusinessPartnerCategory")]))))
    values: dict[str, Value] = {
        **draft.values,
        "BusinessPartner": number,
        "BusinessPartnerName": name,
        "BusinessPartnerFullName": name,
        "BusinessPartnerUUID": str(uuid4()),
        "CreatedByUser": "CONNECTOR",
    }
    partner = tenant.store["BusinessPartner"].make(values)
    for address in draft.below("BusinessPartnerAddress"):
        partner.adopt(_address(tenant, partner, address))
    for table in _SIMPLE:
        for kid in draft.below(table):
            partner.adopt(_simple(tenant, partner, kid))
    supplier = _supplier(tenant, partner, draft)
    tenant.store.insert(partner)
    if supplier is not None:
        tenant.store.insert(supplier)
    tenant.touch(partner, new=True)
    return partner


def _number(tenant: Tenant, draft: Draft) -> str:
    category, grouping = draft.text("BusinessPartnerCategory"), draft.text("BusinessPartnerGrouping")
    if category not in _CATEGORIES:
        raise business("R11/124", f"Business partner category {category} does not exist", "BusinessPartnerCategory")
    if grouping not in _GROUPINGS:
        raise business("R1/215", f"Grouping {grouping} does not exist", "BusinessPartnerGrouping")
    needed(_NAMES[category], draft.text(_NAMES[category]))
    if _GROUPINGS[grouping]:
        return str(next_number(tenant.store, "BusinessPartner", FIRST_PARTNER))
    number = draft.text("BusinessPartner")
    needed("BusinessPartner", number)
    if tenant.store.find("BusinessPartner", {"BusinessPartner": number}) is not None:
        raise business("R1/102", f"Business partner {number} already exists", "BusinessPartner")
    return number


def _supplier(tenant: Tenant, partner: Row, draft: Draft) -> Row | None:
    roles = {row["BusinessPartnerRole"] for row in partner.children("BusinessPartnerRole")}
    given = draft.below("Supplier")
    if not roles & {_VENDOR, _SUPPLIER}:
        if given:
            raise business("CVI_API/003", "Supplier data need a supplier role", "to_Supplier")
        return None
    supplier = _new_supplier(tenant, partner)
    for data in given:
        for column, value in data.values.items():
            supplier[column] = value
        for kid in (*data.below("SupplierCompany"), *data.below("SupplierPurchasingOrg")):
            supplier.adopt(_organizational(tenant, supplier, kid))
    _check_roles(roles, supplier)
    return supplier


def _new_supplier(tenant: Tenant, partner: Row) -> Row:
    number = str(next_number(tenant.store, "Supplier", FIRST_SUPPLIER))
    partner["Supplier"] = number
    name = partner["BusinessPartnerFullName"]
    values: dict[str, Value] = {"Supplier": number, "SupplierName": name, "SupplierFullName": name.upper()}
    values |= {"SupplierAccountGroup": "SUPL", "CreationDate": tenant.clock.now().date(), "CreatedByUser": "CONNECTOR"}
    return tenant.store["Supplier"].make(values)


def _check_roles(roles: set[str], supplier: Row) -> None:
    if supplier.children("SupplierCompany") and _VENDOR not in roles:
        raise business("CVI_API/003", "Company code data need role FLVN00", "to_SupplierCompany")
    if supplier.children("SupplierPurchasingOrg") and _SUPPLIER not in roles:
        raise business("CVI_API/003", "Purchasing data need role FLVN01", "to_SupplierPurchasingOrg")


def _organizational(tenant: Tenant, supplier: Row, draft: Draft) -> Row:
    table = draft.entity.table
    if table == "SupplierCompany":
        known(tenant.store, "CompanyCode", "CompanyCode", draft.text("CompanyCode"))
        if not draft.text("ReconciliationAccount"):
            raise business("CVI_API/003", "Required field LFB1-AKONT is missing", "ReconciliationAccount")
    else:
        organization = draft.text("PurchasingOrganization")
        known(tenant.store, "PurchasingOrganization", "PurchasingOrganization", organization)
        if not draft.text("PurchaseOrderCurrency"):
            raise business("CVI_API/003", "Required field LFM1-WAERS is missing", "PurchaseOrderCurrency")
    row = tenant.store[table].make(draft.values, supplier)
    if any(each.key == row.key for each in supplier.children(table)):
        raise business("CVI_API/001", f"{table} exists already")
    return row


def _simple(tenant: Tenant, partner: Row, draft: Draft) -> Row:
    table = draft.entity.table
    row = tenant.store[table].make({**_DEFAULTS.get(table, {}), **draft.values}, partner)
    if any(each.key == row.key for each in partner.children(table)):
        raise business("R11/401", f"{table} exists already")
    return row


def _address(tenant: Tenant, partner: Row, draft: Draft) -> Row:
    if not draft.text("Country"):
        raise business("AM/228", "Enter a country", "Country")
    number = str(20_000 + sum(1 for _ in tenant.store["BusinessPartnerAddress"].everything()))
    values: dict[str, Value] = {"ValidityStartDate": _FROM, "ValidityEndDate": _UNTIL, "AddressUUID": str(uuid4())}
    values |= {**draft.values, "AddressID": number, "FullName": partner["BusinessPartnerFullName"]}
    address = tenant.store["BusinessPartnerAddress"].make(values, partner)
    usage: dict[str, Value] = {"AddressUsage": "XXDEFAULT", "StandardUsage": True, "ValidityStartDate": _FROM}
    if draft.below("AddressUsage"):
        raise business("FSBP_ECC/019", "The usage of an address is set by the system", "to_AddressUsage")
    address.adopt(tenant.store["AddressUsage"].make({**usage, "ValidityEndDate": _UNTIL}, address))
    for table in ("AddressEmail", "AddressPhone", "AddressFax"):
        for place, kid in enumerate(draft.below(table), 1):
            address.adopt(tenant.store[table].make({**kid.values, "OrdinalNumber": str(place)}, address))
    return address


def add_below(tenant: Tenant, parent: Row, draft: Draft) -> Row:
    """Add a role, an address, a tax number, company or purchasing data to what is stored. Raises ODataError."""
    table = draft.entity.table
    if table == "BusinessPartnerAddress":
        row = _address(tenant, parent, draft)
    elif table in ("SupplierCompany", "SupplierPurchasingOrg"):
        row = _organizational(tenant, parent, draft)
    elif table in _SIMPLE:
        row = _simple(tenant, parent, draft)
    else:
        used = [int(kid["OrdinalNumber"]) for kid in parent.children(table)]
        row = tenant.store[table].make({**draft.values, "OrdinalNumber": str(max(used, default=0) + 1)}, parent)
    tenant.store.insert(row)
    tenant.touch(row)
    _supplier_of_role(tenant, row)
    return row


def _supplier_of_role(tenant: Tenant, row: Row) -> None:
    if row.table.name != "BusinessPartnerRole" or row["BusinessPartnerRole"] not in (_VENDOR, _SUPPLIER):
        return
    partner = row.root()
    if not partner["Supplier"]:
        supplier = _new_supplier(tenant, partner)
        number = partner["Supplier"]
        partner["Supplier"] = ""
        tenant.store.change(partner, {"Supplier": number})
        tenant.store.insert(supplier)


def change(tenant: Tenant, row: Row, values: dict[str, Value]) -> None:
    """Change a stored row. A new name shows in the full names too. Raises ODataError."""
    for column, value in values.items():
        if column in _WRITE_ONCE and value != row[column]:
            raise write_once("R11/190", column)
    tenant.store.change(row, values)
    name = row["OrganizationBPName1"] if row.table.name == "BusinessPartner" else ""
    if name and row["BusinessPartnerCategory"] == _ORGANIZATION and "OrganizationBPName1" in values:
        tenant.store.change(row, {"BusinessPartnerName": name, "BusinessPartnerFullName": name})
        supplier = tenant.store.find("Supplier", {"Supplier": row["Supplier"]})
        if supplier is not None:
            tenant.store.change(supplier, {"SupplierName": name, "SupplierFullName": name.upper()})
    tenant.touch(row)


def delete(tenant: Tenant, row: Row) -> None:
    """Remove a dependent row, such as a tax number."""
    tenant.touch(row)
    tenant.store.remove(row)
