"""Cost centers: periods of validity created and changed by actions, names and locks by PATCH."""

from datetime import date, timedelta
from typing import Any

from simulators.sap.bodies import BodyReader, Draft
from simulators.sap.declare import EntitySet
from simulators.sap.problems import ODataError, bad_request, business
from simulators.sap.rules.checks import known, needed
from simulators.sap.services.cost_center_v4 import COST_CENTER_V4
from simulators.sap.store import Row
from simulators.sap.tenant import Tenant
from simulators.sap.values import Value
from simulators.sap.world.masters import AREA

_MANDATORY = tuple(
    field.name for field in COST_CENTER_V4.actions["CreateValidityPeriod"].fields.values() if "must" in field.words
)
_TEXT = ("CostCenterName", "CostCenterDescription")


def act(tenant: Tenant, reader: BodyReader, entity: EntitySet, name: str, body: Any) -> Row:
    """CreateValidityPeriod or UpdateValidityPeriod. Raises ODataError."""
    action = reader.view.service.actions.get(name)
    if action is None or not action.many or action.bound_to != entity.name:
        raise ODataError(404, "/IWBEP/CM_V4_COS/014", f"Resource not found for the segment '{name}'.")
    given = dict(body) if isinstance(body, dict) else {}
    rows = given.pop(action.rows, [])
    if not isinstance(rows, list):
        raise bad_request(f"Parameter '{action.rows}' has an invalid value", "/IWBEP/CM_MGW_RT/176")
    texts = [reader.parameters(action.row_fields, text) for text in rows]
    values = reader.parameters(action.fields, given)
    new_end = values.pop("NewValidityEndDate", None)
    values.setdefault("ControllingArea", AREA)
    if name == "CreateValidityPeriod":
        return _create(tenant, values, texts)
    return _update(tenant, values, new_end if isinstance(new_end, date) else None)


def _periods(tenant: Tenant, area: Value, center: Value) -> list[Row]:
    rows = tenant.store["CostCenter"].everything()
    return [row for row in rows if (row["ControllingArea"], row["CostCenter"]) == (area, center)]


def _create(tenant: Tenant, values: dict[str, Value], texts: list[dict[str, Value]]) -> Row:
    for name in _MANDATORY:
        needed(name, values.get(name))
    known(tenant.store, "CompanyCode", "CompanyCode", str(values["CompanyCode"]))
    start, end = values["ValidityStartDate"], values["ValidityEndDate"]
    if not isinstance(start, date) or not isinstance(end, date) or end < start:
        raise business("KS/015", "The period of validity ends before it begins", "ValidityEndDate")
    for row in _periods(tenant, values["ControllingArea"], values["CostCenter"]):
        if (row["ValidityStartDate"] or date.min) <= end and start <= row["ValidityEndDate"]:
            raise business("KS/016", f"Cost center {values['CostCenter']} exists already in this period", "CostCenter")
    company = tenant.store.find("CompanyCode", {"CompanyCode": values["CompanyCode"]})
    currency = company["Currency"] if company is not None else ""
    row = tenant.store["CostCenter"].make({"CostCenterCurrency": currency, "Language": "EN", **values})
    english: dict[str, Value] = {"Language": "EN", **{name: values[name] for name in _TEXT}}
    for text in (english, *(text for text in texts if text.get("Language") != "EN")):
        row.adopt(tenant.store["CostCenterText"].make(text, row))
    tenant.store.insert(row)
    tenant.touch(row, new=True)
    return row


def _update(tenant: Tenant, values: dict[str, Value], new_end: date | None) -> Row:
    key = {name: values.pop(name, None) for name in ("ControllingArea", "CostCenter", "ValidityEndDate")}
    for name in ("CostCenter", "ValidityEndDate"):
        needed(name, key[name])
    row = tenant.store.find("CostCenter", key)
    if row is None:
        raise business("KS/133", f"Cost center {key['CostCenter']} does not exist in this period", "CostCenter")
    if new_end is None:
        change(tenant, row, values)
        return row
    return _with_new_end(tenant, row, values, new_end)


def _with_new_end(tenant: Tenant, row: Row, values: dict[str, Value], end: date) -> Row:
    """Cut or extend a period: the end is part of the key, so the row is taken out and put in anew."""
    following = [
        each["ValidityStartDate"]
        for each in _periods(tenant, row["ControllingArea"], row["CostCenter"])
        if each is not row and each["ValidityStartDate"] > row["ValidityStartDate"]
    ]
    latest = min(following, default=None)
    if end < row["ValidityStartDate"] or (latest is not None and end > latest - timedelta(days=1)):
        raise business("KS/016", "The new end of the period is not possible", "NewValidityEndDate")
    tenant.store.remove(row)
    row["ValidityEndDate"] = end
    for text in row.children("CostCenterText"):
        text["ValidityEndDate"] = end
    tenant.store.insert(row)
    change(tenant, row, values)
    return row


def change(tenant: Tenant, row: Row, values: dict[str, Value]) -> None:
    """Change a period or a text; the English text and the names on the row go together."""
    tenant.store.change(row, values)
    names = {name: values[name] for name in _TEXT if name in values}
    if row.table.name == "CostCenter":
        for text in row.children("CostCenterText"):
            if text["Language"] == "EN" and names:
                tenant.store.change(text, names)
    elif row["Language"] == "EN" and names:
        tenant.store.change(row.root(), names)
    tenant.touch(row)


def add_text(tenant: Tenant, parent: Row, draft: Draft) -> Row:
    """Add a text in another language. Raises ODataError."""
    language = draft.text("Language")
    needed("Language", language)
    if any(text["Language"] == language for text in parent.children("CostCenterText")):
        raise business("KS/017", f"A text in {language} exists already", "Language")
    row = tenant.store.insert(tenant.store["CostCenterText"].make(draft.values, parent))
    tenant.touch(row)
    return row
