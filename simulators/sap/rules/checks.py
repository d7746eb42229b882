"""Checks that several applications share. They raise ODataError with the message a person would see."""

from datetime import date

from simulators.sap.problems import ODataError, business
from simulators.sap.store import Row, Store
from simulators.sap.tenant import Tenant
from simulators.sap.world.words import Material, materials, unmapped_materials

MATERIALS: dict[str, Material] = {material.number: material for material in (*materials(), *unmapped_materials())}


def needed(field: str, value: object) -> None:
    """A field that must be filled."""
    if not value:
        raise business("00/055", f"Fill out all required entry fields: {field}", field)


def known(store: Store, table: str, column: str, value: str) -> Row:
    """A row of master data that must exist."""
    row = store.find(table, {column: value})
    if row is None:
        raise business("ME/303", f"{column} {value} does not exist", column)
    return row


def supplier_for(store: Store, supplier: str, organization: str) -> Row:
    """A supplier that may be ordered from in a purchasing organisation."""
    row = known(store, "Supplier", "Supplier", supplier)
    if row["DeletionIndicator"] or row["PurchasingIsBlocked"]:
        raise business("ME/027", f"Supplier {supplier} is blocked or marked for deletion", "Supplier")
    for data in row.children("SupplierPurchasingOrg"):
        if data["PurchasingOrganization"] == organization:
            if data["PurchasingIsBlockedForSupplier"] or data["DeletionIndicator"]:
                raise business("ME/027", f"Supplier {supplier} is blocked in {organization}", "Supplier")
            return data
    text = f"Supplier {supplier} not created by purchasing organization {organization}"
    raise business("06/321", text, "Supplier")


def material_for(number: str) -> Material:
    """A material that must exist."""
    material = MATERIALS.get(number)
    if material is None:
        raise business("M3/305", f"Material {number} does not exist or is not activated", "Material")
    return material


def center_for(store: Store, center: str, day: date) -> Row:
    """A cost center that can be posted to on a day."""
    periods = [row for row in store["CostCenter"].everything() if row["CostCenter"] == center]
    for row in periods:
        if (row["ValidityStartDate"] or date.min) <= day <= row["ValidityEndDate"]:
            if row["IsBlkdForPrimaryCostsPosting"]:
                raise business("KI/203", f"Cost center {center} is locked against direct postings", "CostCenter")
            return row
    raise business("KI/265", f"Cost center {center} does not exist on {day.isoformat()}", "CostCenter")


def write_once(code: str, field: str) -> ODataError:
    """The refusal to change what can only be set when a document is created."""
    return business(code, f"Field {field} cannot be changed", field)


def document(tenant: Tenant, table: str, number: str) -> Row:
    """A stored document by its number. Raises KeyError."""
    row = tenant.store.find(table, {tenant.store[table].shape.key[0]: number})
    if row is None:
        raise KeyError(f"no {table} {number}")
    return row
