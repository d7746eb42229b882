"""Which services and scopes a flow needs, by the codes of a ping's checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from integrations import catalogue
from integrations.systems.servicetitan.resources import (
    BUSINESS_UNITS,
    EQUIPMENT,
    MATERIALS,
    PURCHASE_ORDER_TYPES,
    TRUCKS,
    WAREHOUSES,
    Resource,
)

_KINDS: dict[str, tuple[Resource, ...]] = {
    "business-unit": (BUSINESS_UNITS,),
    "inventory-location": (WAREHOUSES, TRUCKS),
    "purchase-order-type": (PURCHASE_ORDER_TYPES,),
    "sku": (MATERIALS, EQUIPMENT),
}
"""Reference data that a flow cannot do without, if its maps lead there."""


@cache
def codes_of(flow: str) -> frozenset[str]:
    """What has to be open: "service:purchase-order", "scope:tn.inv.vendors:w", "object:vendors"."""
    return frozenset(_codes(catalogue.flows()[flow]))


def needing(code: str, flows: Iterable[str]) -> tuple[str, ...]:
    """Those of the flows that need what a check is about."""
    return tuple(name for name in flows if code in codes_of(name))


def _codes(flow: Any) -> Iterator[str]:
    if flow.source_system == "sap":
        yield f"service:{flow.service}"
    for part, rights in ((flow.reader, "r"), (flow.writer, "rw"), (flow.source_writer, "rw")):
        resource = getattr(part, "resource", None)
        if isinstance(resource, Resource):
            yield f"object:{resource.title}"
            writes = rights if flow.delivers(flow.options) else "r"
            yield from (f"scope:{resource.scope}:{right}" for right in writes)
    for kind in flow.map_kinds.values():
        for resource in _KINDS.get(kind, ()):
            yield f"scope:{resource.scope}:r"
            yield f"object:{resource.title}"
