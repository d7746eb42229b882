"""Vendors: renamed and write-only members, external data, custom fields (Inventory V2, Vendors)."""

from typing import Any

from simulators.servicetitan import external_data
from simulators.servicetitan.answers import only_id
from simulators.servicetitan.lists import Listing, answer_list, answer_one, custom_fields
from simulators.servicetitan.problems import Refused, refuse
from simulators.servicetitan.table import Record
from simulators.servicetitan.tenant import Call, Tenant
from simulators.wire import Response, json_response

_CONTACT = ("firstName", "lastName", "phone", "email", "fax")
_RENAMED = {"taxRate": "defaultTaxRate", "restrictedMobileCreation": "isMobileCreationRestricted"}
_PLAIN = ("name", "active", "memo", "isTruckReplenishment", "deliveryOption")
_WRITE_ONLY = ("paymentTermId", "remittanceVendorId", "vendorQuickbooksItem", "tags", "vendorContacts")

VENDORS = Listing("vendors", filters={"customField.Fields": custom_fields, "customField.Operator": lambda _: _any})


def _any(record: Record) -> bool:
    return True


def new_vendor(tenant: Tenant, body: dict[str, Any]) -> Record:
    """Store a vendor from a checked create body."""
    data = {
        "name": body["name"],
        "active": body["active"],
        "isTruckReplenishment": body["isTruckReplenishment"],
        "isMobileCreationRestricted": body["restrictedMobileCreation"],
        "memo": body.get("memo") or "",
        "deliveryOption": body.get("deliveryOption") or "Manual",
        "defaultTaxRate": body["taxRate"],
        "contactInfo": {name: body.get(name) or "" for name in _CONTACT},
        "address": dict(body["address"]),
        "customFields": [],
    }
    hidden = {name: body[name] for name in _WRITE_ONLY if name in body}
    external = external_data.created(body.get("externalData"))
    return tenant["vendors"].add(tenant.next_id(), data, hidden=hidden, external=external)


def _create(call: Call) -> Response:
    _check(call, call.body, None)
    return only_id(new_vendor(call.tenant, call.body).id)


def _check(call: Call, body: dict[str, Any], record: Record | None) -> None:
    errors: dict[str, list[str]] = {}
    if "name" in body and not body["name"].strip():
        errors["Name"] = ["The Name field is required."]
    elif "name" in body and call.tenant.switches.duplicate_names == "refuse" and _taken(call, body["name"], record):
        errors["Name"] = [f"A vendor with the name '{body['name']}' already exists."]
    if call.tenant.switches.empty_address_members == "refuse":
        blank = [name for name, value in (body.get("address") or {}).items() if not value.strip()]
        errors.update({f"Address.{name}": [f"The {name} field must not be empty."] for name in blank})
    for member, table in (("paymentTermId", "payment-terms"), ("remittanceVendorId", "remittance-vendors")):
        if body.get(member) is not None and body[member] not in call.tenant[table].rows:
            errors[member] = [f"There is no such {member.removesuffix('Id')}."]
    if errors:
        raise Refused(errors)


def _taken(call: Call, name: str, record: Record | None) -> bool:
    same = name.strip().casefold()
    own = record.id if record is not None else 0
    rows = call.tenant["vendors"].rows.values()
    return any(it.id != own and it.data["name"].strip().casefold() == same for it in rows)


def _update(call: Call) -> Response:
    record = call.found("vendors", "Vendor")
    body = call.body
    _check(call, body, record)
    data: dict[str, Any] = {name: body[name] for name in _PLAIN if name in body}
    data.update({read: body[write] for write, read in _RENAMED.items() if write in body})
    contact = {name: body[name] for name in _CONTACT if name in body}
    if contact:
        data["contactInfo"] = {**record.data["contactInfo"], **contact}
    if "address" in body:
        data["address"] = dict(body["address"])
    hidden = {**record.hidden, **{name: body[name] for name in _WRITE_ONLY if name in body}}
    others: dict[str, Any] = {"hidden": hidden}
    if "externalData" in body:
        others["external"] = external_data.updated(record, body["externalData"])
    touch = bool(data) or hidden != record.hidden or call.tenant.switches.external_data_touches
    call.tenant["vendors"].change(record, data, touch=touch, **others)
    return only_id(record.id)


def custom_field_types(call: Call, table: str) -> Response:
    """The custom fields which the tenant has defined for one kind of row."""
    rows = call.tenant.custom_fields.get(table, [])
    total = len(rows) if call.given.get("includeTotal") else None
    if call.given.get("page", 1) < 1:
        raise refuse("Page", "The field Page must be at least 1.")
    return json_response({"page": 1, "pageSize": 50, "hasMore": False, "totalCount": total, "data": rows})


def set_custom_fields(call: Call, table: str) -> Response:
    """Set custom fields of several rows by name; all or none. Raises Refused for unknown rows and names."""
    names = {row["name"] for row in call.tenant.custom_fields.get(table, [])}
    rows = call.tenant[table].rows
    for operation in call.body["operations"]:
        if operation["objectId"] not in rows:
            raise refuse("objectId", f"There is no object {operation['objectId']}.")
        for pair in operation["customFields"]:
            if pair["name"] not in names:
                raise refuse("customFields", f"There is no custom field '{pair['name']}'.")
    for operation in call.body["operations"]:
        _set_fields(call, table, operation)
    return Response(200)


def _set_fields(call: Call, table: str, operation: dict[str, Any]) -> None:
    record = call.tenant[table].rows[operation["objectId"]]
    types = {row["name"]: row["id"] for row in call.tenant.custom_fields[table]}
    fields = {row["name"]: row for row in record.data.get("customFields") or []}
    for pair in operation["customFields"]:
        # Bills, unlike vendors, do not say which type a custom field is of.
        kind = {} if table == "ap-bills" else {"typeId": types[pair["name"]]}
        fields[pair["name"]] = {**kind, "name": pair["name"], "value": pair.get("value")}
    touch = call.tenant.switches.external_data_touches
    call.tenant[table].change(record, {"customFields": list(fields.values())}, touch=touch)


HANDLERS = {
    "Vendors_GetList": lambda call: answer_list(call, VENDORS),
    "Vendors_GetById": lambda call: answer_one(call, "vendors", "Vendor"),
    "Vendors_Create": _create,
    "Vendors_Update": _update,
    "Vendors_GetCustomFieldTypes": lambda call: custom_field_types(call, "vendors"),
    "Vendors_UpdateCustomFields": lambda call: set_custom_fields(call, "vendors"),
}
