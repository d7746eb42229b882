"""Answers to POST, PATCH and DELETE: find the rule for what is written, apply it, show the result."""

import json
from collections.abc import Callable
from typing import Any

from simulators.log import Seen
from simulators.sap.bodies import BodyReader, Draft
from simulators.sap.declare import EntitySet
from simulators.sap.options import Options
from simulators.sap.problems import ODataError, bad_request, business, not_allowed, not_found
from simulators.sap.reading import Call, document, single
from simulators.sap.render import etag
from simulators.sap.resources import Resource
from simulators.sap.rules import centers, orders, partners, requisitions
from simulators.sap.selection import Expansion, Selection, read_selection
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import INITIAL, Value
from simulators.wire import Response

Create = Callable[[Tenant, Draft], Row]
AddBelow = Callable[[Tenant, Row, Draft], Row]
Change = Callable[[Tenant, Row, dict[str, Value]], None]

_CREATE: dict[str, Create] = {
    "PurchaseOrder": orders.create,
    "BusinessPartner": partners.create,
    "Requisition": requisitions.create,
}
# By the root of the document.
_ADD: dict[str, AddBelow] = {
    "PurchaseOrder": orders.add_below,
    "BusinessPartner": partners.add_below,
    "Supplier": partners.add_below,
    "Requisition": requisitions.add_below,
    "CostCenter": centers.add_text,
}
_CHANGE: dict[str, Change] = {
    "PurchaseOrder": orders.change,
    "BusinessPartner": partners.change,
    "Supplier": partners.change,
    "Requisition": requisitions.change,
    "CostCenter": centers.change,
}
_DELETE: dict[str, Callable[[Tenant, Row], None]] = {
    "PurchaseOrder": orders.delete,
    "BusinessPartner": partners.delete,
    "Supplier": partners.delete,
}
_OK = 200


def write(call: Call, resource: Resource, tenant: Tenant, seen: Seen) -> Response:
    """Answer a write. Raises ODataError."""
    if call.options.system:
        name = min(call.options.system)
        raise bad_request(f"System query option '${name}' is not allowed", "/IWBEP/CM_MGW_RT/022")
    if resource.what == "action":
        return _act(call, resource, tenant)
    if call.request.method == "POST" and resource.what == "list":
        return _post(call, resource, tenant, seen)
    if call.request.method in ("PATCH", "MERGE", "PUT") and resource.what == "row":
        return _patch(call, resource, tenant, seen)
    if call.request.method == "DELETE" and resource.what == "row":
        return _delete(call, resource, tenant)
    raise not_allowed(call.view.service.version)


def _json(call: Call) -> Any:
    if "json" not in call.request.headers.get("content-type", ""):
        raise ODataError(415, "/IWBEP/CM_MGW_RT/004", "Unsupported content type requested")
    try:
        return call.request.json()
    except ValueError:
        raise bad_request("Error while parsing the JSON body", "/IWBEP/CM_MGW_RT/176") from None


def _post(call: Call, resource: Resource, tenant: Tenant, seen: Seen) -> Response:
    entity = resource.entity
    if resource.nav is None and not entity.allows("create"):
        raise not_allowed(call.view.service.version)
    draft = BodyReader(call.view, call.request, changing=False).read(entity, _json(call))
    seen.ignored += draft.everything_ignored()
    parent = resource.owner if resource.nav is not None else _parent(call, entity, draft)
    root = call.view.table(entity).root.name
    if parent is not None and root in _ADD:
        _check_lock(tenant, parent)
        row = _ADD[root](tenant, parent, draft)
    elif parent is None and entity.table in _CREATE:
        row = _CREATE[entity.table](tenant, draft)
    else:
        raise not_allowed(call.view.service.version)
    response = _created(call, entity, draft, row)
    if tenant.settings.warnings:
        response.headers.append(_warning(call.v2))
    return response


def _parent(call: Call, entity: EntitySet, draft: Draft) -> Row | None:
    """The row that a dependent row belongs to, by the key values in the body."""
    table = call.view.table(entity)
    if table.parent is None:
        return None
    # An e-mail address knows its address by the number alone, which no two partners share.
    columns = [column for column in table.parent.shape.key if column in draft.values or column in entity.fields]
    missing = next((column for column in columns if column not in draft.values), None)
    if missing is not None:
        raise bad_request(f"Property '{missing}' is missing", target=missing)
    if len(columns) == len(table.parent.shape.key):
        parent = call.view.store.find(table.parent.name, {column: draft.values[column] for column in columns})
    else:
        wanted = {column: draft.values[column] for column in columns}
        rows = call.view.store[table.parent.name].everything()
        parent = next((row for row in rows if all(row[name] == wanted[name] for name in wanted)), None)
    if parent is None:
        raise not_found(entity.type_name)
    return parent


def _created(call: Call, entity: EntitySet, draft: Draft, row: Row) -> Response:
    renderer = call.renderer()
    uri = renderer.uri(row, entity)
    if entity.table == "BusinessPartner":
        shown = _echo(call, draft)
        shown["BusinessPartner"] = row["BusinessPartner"]
        shown["__metadata"] = {"id": uri, "uri": uri, "type": f"{call.view.service.namespace}.{entity.type_name}"}
    else:
        shown = renderer.row(row, _deep(call, draft))
    response = single(call, entity, shown, 201)
    response.headers.append(("Location", uri))
    return response


def _warning(v2: bool) -> tuple[str, str]:
    code, text = "ME/664", "Net price must be greater than 0"
    if v2:
        message = {
            "code": code,
            "message": text,
            "longtext_url": "",
            "severity": "warning",
            "target": "",
            "details": [],
        }
        return "sap-message", json.dumps(message)
    return "sap-messages", json.dumps([{"code": code, "message": text, "numericSeverity": 3, "target": ""}])


def _deep(call: Call, draft: Draft) -> Selection:
    """Everything of a new row, with the navigations that were sent along."""
    selection = read_selection(call.view, draft.entity, Options())
    for name, table in draft.navs.items():
        below = next(iter(draft.kids[table]), None)
        if below is not None:
            selection.expanded[name] = Expansion(draft.entity.navs[name], _deep(call, below))
    selection.links = [name for name in selection.links or () if name not in selection.expanded]
    return selection


def _echo(call: Call, draft: Draft) -> dict[str, Any]:
    """The answer to a new business partner: what was sent, and server fields still empty."""
    renderer = call.renderer()
    shown: dict[str, Any] = {}
    for field in draft.entity.fields.values():
        value = draft.values.get(field.column, INITIAL[call.view.kind(draft.entity, field)])
        shown[field.name] = renderer.write(draft.entity, field)(value)
    for name, table in draft.navs.items():
        nav = draft.entity.navs[name]
        below = [_echo(call, kid) for kid in draft.kids[table]]
        shown[name] = {"results": below} if nav.many else next(iter(below), None)
    return shown


def _existing(resource: Resource) -> Row:
    if resource.row is None:
        raise not_found(resource.entity.type_name)
    return resource.row


def _check_lock(tenant: Tenant, row: Row) -> None:
    document_ = row.root()
    user = tenant.locked_by(document_)
    if user:
        number = document_[document_.table.shape.key[0]]
        raise business("ME/006", f"User {user} already processing {document_.table.name} {number}")


def _check_etag(call: Call, entity: EntitySet, row: Row) -> None:
    if "etag" not in entity.words:
        return
    given = call.request.headers.get("if-match", "")
    if not given:
        raise ODataError(428, "/IWBEP/CM_V4_COS/428", "The If-Match header is required for this request")
    if given not in ("*", etag(row)):
        raise ODataError(412, "/IWBEP/CM_V4_COS/412", "Precondition failed: the entity was changed meanwhile")


def _patch(call: Call, resource: Resource, tenant: Tenant, seen: Seen) -> Response:
    entity = resource.entity
    change = _CHANGE.get(call.view.table(entity).root.name)
    if change is None or not entity.allows("update"):
        raise not_allowed(call.view.service.version)
    row = _existing(resource)
    _check_etag(call, entity, row)
    _check_lock(tenant, row)
    draft = BodyReader(call.view, call.request, changing=True).read(entity, _json(call))
    seen.ignored += draft.everything_ignored()
    if not draft.values and not draft.ignored:
        raise ODataError(501, "/IWFND/CM_MGW/096", "PATCH requests require components to be updated")
    change(tenant, row, draft.values)
    return Response(204)


def _delete(call: Call, resource: Resource, tenant: Tenant) -> Response:
    delete = _DELETE.get(call.view.table(resource.entity).root.name)
    if delete is None or not resource.entity.allows("delete"):
        if resource.entity.table == "BusinessPartner":
            raise ODataError(400, "CI_DRAFTBP_MESSAGE/032", "Business partners cannot be deleted")
        raise not_allowed(call.view.service.version)
    row = _existing(resource)
    _check_etag(call, resource.entity, row)
    _check_lock(tenant, row)
    delete(tenant, row)
    return Response(204)


def _act(call: Call, resource: Resource, tenant: Tenant) -> Response:
    if call.request.method != "POST":
        raise not_allowed(call.view.service.version)
    if resource.entity.table == "CostCenter" and resource.row is None:
        reader = BodyReader(call.view, call.request, changing=False)
        row = centers.act(tenant, reader, resource.entity, resource.action, _json(call))
        result = [name for name in call.view.service.actions[resource.action].fields if name in resource.entity.fields]
        return document(call, call.renderer().row(row, Selection(resource.entity, result, messages=False)), _OK)
    if resource.entity.table in ("Requisition", "RequisitionItem"):
        requisitions.act(tenant, _existing(resource), resource.action)
        return Response(204)
    raise not_found(resource.action)
