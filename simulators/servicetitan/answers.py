"""How a stored row is shown: external data by GUID, and on request the nulls and unknown words of real tenants."""

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from simulators.servicetitan import external_data
from simulators.servicetitan.contract import CONTRACT
from simulators.servicetitan.contract.notation import Member, Operation
from simulators.servicetitan.table import Record
from simulators.servicetitan.tenant import Call
from simulators.wire import Response, json_response

_STATES = ("status", "syncStatus", "jobStatus", "requestStatus", "deliveryOption")
_KEPT = ("id", "items", "createdOn", "modifiedOn", "externalData")


def schema_of(operation: Operation) -> Mapping[str, Member]:
    """The members of one row of an operation's answer."""
    name = operation.answer.removeprefix("page ").removeprefix("feed ").strip("[]")
    return CONTRACT.schemas.get((operation.module, name), {})


def render(call: Call, record: Record) -> dict[str, Any]:
    """The row as this call shows it."""
    data = record.data
    if (call.operation.module, call.operation.name) in _EXTERNAL:
        guid = call.given.get("externalDataApplicationGuid", "")
        data = {**data, "externalData": external_data.shown(record, guid)}
    switches = call.tenant.switches
    if switches.nulls or switches.unknown_enums:
        return _strange(data, record.id, nulls=switches.nulls, words=switches.unknown_enums)
    return data


_EXTERNAL = frozenset(
    (operation.module, operation.name)
    for operation in CONTRACT.operations.values()
    if "externalData" in schema_of(operation)
)


def _strange(data: dict[str, Any], number: int, *, nulls: bool, words: bool) -> dict[str, Any]:
    """Every third member null (which third differs from row to row), every second row in an unheard-of state."""
    shown = dict(data)
    for name in data:
        if words and name in _STATES and number % 2 == 0:
            shown[name] = "SomethingNew"
        elif nulls and name not in _KEPT and name not in _STATES and crc32(f"{name}{number}".encode()) % 3 == 0:
            shown[name] = None
    return shown


def only_id(number: int) -> Response:
    """``{"id": ...}``: all that most writes answer."""
    return json_response({"id": number})
