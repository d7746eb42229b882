"""What a fit report asks of SAP besides the ping: how changes can be found in this tenant's release.

Change fields are those by which `objects` reads; which of them a tenant has stands in its own `$metadata`, which the
ping has read.
"""

from __future__ import annotations

from integrations.connection import Check, Way
from integrations.systems.sap import objects
from integrations.systems.sap.by_day import ByDay
from integrations.systems.sap.by_stamp import ByStamp
from integrations.systems.sap.client import SapClient
from integrations.systems.sap.strategies import Chosen, Strategy

_FOLLOWED: tuple[Strategy | Chosen, ...] = (
    objects.SUPPLIERS,
    objects.PURCHASE_ORDERS,
    objects.REQUISITIONS,
    objects.SUPPLIER_INVOICES,
    objects.COST_CENTERS,
)


def ways(client: SapClient) -> list[Way]:
    """How changes are found, for each object whose service answered the ping."""
    known = client.capabilities.get("services", {})
    return [_way(client, reader) for reader in _FOLLOWED if _strategies(reader)[0].service.name in known]


def licensed(client: SapClient) -> list[Check]:
    """SAP licenses nothing separately that is used here."""
    return []


def _way(client: SapClient, reader: Strategy | Chosen) -> Way:
    every = _strategies(reader)
    service, chosen = every[0].service, _chosen(client, reader)
    version = client.offer(service)
    here = [one for one in every if any(source.offer is version for source in one.sources)]
    names = list(dict.fromkeys(name for one in here for name in _fields(one)))
    lacks = [name for name in names if _is_lacking(client, chosen, name)]
    offers = [name for name in names if name not in lacks]
    found = not _fields(chosen) or _fields(chosen)[0] in offers
    words = _in_words(chosen) if found else "its changes cannot be found in this release"
    return Way(f"service:{service.name}", service.title, tuple(offers), tuple(lacks), words, is_found=found)


def _strategies(reader: Strategy | Chosen) -> list[Strategy]:
    every = list(reader.ways.values()) if isinstance(reader, Chosen) else [reader]
    return [one for one in every if isinstance(one, Strategy)]


def _chosen(client: SapClient, reader: Strategy | Chosen) -> Strategy:
    chosen = reader.ways[reader.choose(client)] if isinstance(reader, Chosen) else reader
    if not isinstance(chosen, Strategy):
        raise TypeError(f"{chosen!r} declares no fields")
    return chosen


def _fields(one: Strategy) -> tuple[str, ...]:
    """The change fields of a strategy, by our names, best first."""
    if isinstance(one, ByStamp):
        return (one.field,)
    if isinstance(one, ByDay):
        return tuple(name for day in one.days for name in (day, one.times.get(day, "")) if name)
    return ()


def _is_lacking(client: SapClient, one: Strategy, name: str) -> bool:
    entity = one.source(client).entity
    return f"{entity.type}.{entity.field(name).source}" in client.without(one.service)


def _in_words(one: Strategy) -> str:
    if isinstance(one, ByStamp):
        return f"by {one.field}; everything is read again once a day"
    if isinstance(one, ByDay):
        back = "1 day" if one.look_back == 1 else f"{one.look_back} days"
        return f"by {' and '.join(_fields(one)[:2])}, looking back {back}; everything is read again once a day"
    return "all of them are read and compared every time"
