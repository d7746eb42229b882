"""Every page of the portal, found by walking its urls, so that a new one is covered by itself."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.urls import URLPattern

from integrations.exporting import tables
from tenants import schema
from tenants.models import Customer, Domain, Membership

PARAMETER = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")


@dataclass(frozen=True)
class Route:
    """`template` as it is declared; `kinds` the converters of what varies in it, in order."""

    name: str
    template: str
    kinds: tuple[str, ...]

    def paths(self, values: Mapping[str, Sequence[Any]]) -> Iterator[str]:
        """With every combination of these values, by converter."""
        for chosen in itertools.product(*(values[kind] for kind in self.kinds)):
            left = iter(chosen)
            yield "/" + PARAMETER.sub(lambda _: str(next(left)), self.template)  # noqa: B023 - used at once


def routes(urls: str = "integrations.portal.urls") -> list[Route]:
    """All of them."""
    found = []
    for pattern in import_module(urls).urlpatterns:
        assert isinstance(pattern, URLPattern), (
            f"{pattern}: routes are listed, not included, so that they can be walked"
        )
        template = str(pattern.pattern)
        kinds = tuple(match["kind"] or "str" for match in PARAMETER.finditer(template))
        found.append(Route(str(pattern.name), template, kinds))
    return found


def ids_of(customer: Customer) -> dict[str, list[Any]]:
    """Ids of everything that a customer has, an example of each kind, by the converter that takes them."""
    uuids, numbers = list[Any](), list[Any]()
    with schema.within(customer):
        for model in tables():
            found = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
            (uuids if isinstance(found, uuid.UUID) else numbers).append(found)
    for public in (Membership.objects.filter(customer=customer), Domain.objects.filter(tenant=customer)):
        found = public.values_list("pk", flat=True).first()
        (uuids if isinstance(found, uuid.UUID) else numbers).append(found)
    people = Membership.objects.filter(customer=customer).values_list("person_id", flat=True)
    uuids += people
    given = {"uuid": uuids, "int": [n for n in numbers if isinstance(n, int)], "slug": [], "str": []}
    return {kind: [value for value in values if value is not None] for kind, values in given.items()}


def everything(customer: Customer) -> dict[str, Any]:
    """All rows of a customer's tables, to see whether any was touched."""
    with schema.within(customer):
        return {model.__name__: sorted(map(repr, model._default_manager.order_by().values())) for model in tables()}
