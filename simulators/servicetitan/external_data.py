"""External data: pairs of key and value per application GUID; another application's pairs are never seen."""

from typing import Any

from simulators.servicetitan.table import Record

External = dict[str, dict[str, str]]


def created(body: dict[str, Any] | None) -> External:
    """What a create body stores."""
    if not body:
        return {}
    pairs = {pair["key"]: pair["value"] for pair in body.get("externalData") or []}
    return {body["applicationGuid"]: pairs}


def updated(record: Record, body: dict[str, Any]) -> External:
    """What a record has after a patch: Replace (the default) drops our other keys; with Merge null deletes a key."""
    guid = body["applicationGuid"]
    merge = body.get("patchMode") == "Merge"
    pairs = dict(record.external.get(guid, {})) if merge else {}
    for pair in body.get("externalData") or []:
        if pair.get("value") is None:
            pairs.pop(pair["key"], None)
        else:
            pairs[pair["key"]] = pair["value"]
    return {**record.external, guid: pairs}


def shown(record: Record, guid: str) -> list[dict[str, str]]:
    """The pairs of one application; none without its GUID."""
    return [{"key": key, "value": value} for key, value in record.external.get(guid, {}).items()]
