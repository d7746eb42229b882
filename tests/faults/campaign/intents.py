"""No write without an intent of its own that was committed before, and no intent for two writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django_tenants.utils import schema_context

from integrations.models import Attempt
from simulators.wire import Request
from tests.faults.campaign import stage


def _fit(path: str, sent: str, marker: str, target: str, body: Any) -> int:
    """How well an intent fits a write, 1 best, 0 not at all: its mark stands in the body, or its target in the address
    (two records may be parts of one target), or, where parts of a target have addresses of their own, its words."""
    if marker:
        # A mark may be a key of several members, which stand apart in the body.
        return int(all(part in sent for part in marker.rpartition(":")[2].split("/")))
    said = _says(path + sent, body)
    return (2 if said else 3) if target and target in path else 4 * said


def _says(sent: str, body: Any) -> bool:
    """Whether all that a step has to say was sent: some parts of a record have an address of their own."""
    values = [value for value in _leaves(body) if value]
    return bool(values) and all(value in sent for value in values)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield value


@dataclass
class Intents:
    """Holds each write that leaves against the intents of its customer."""

    problems: list[str] = field(default_factory=list)
    done: Counter[UUID] = field(default_factory=Counter)

    def of(self, customer: str, request: Request) -> UUID | None:
        """The intent of a write: its mark stands in the body, or its target in the address."""
        with stage.unpaused(), schema_context(customer):
            rows = Attempt.objects.filter(kind="write", outcome="unknown", resolution="").order_by("id")
            system = "servicetitan" if "/tenant/" in request.path else "sap"
            to_target = Q(step__side="target", step__delivery__sync__target__system=system)
            to_source = Q(step__side="source", step__delivery__sync__source__system=system)
            rows = rows.filter(to_target | to_source)  # a number of one system may stand in what the other is told
            wanted = list(rows.values_list("id", "step__marker", "step__target_key", "step__body"))
        sent = request.body.decode(errors="replace")
        ranked = [(_fit(request.path, sent, *row[1:]), self.done[UUID(str(row[0]))], str(row[0])) for row in wanted]
        best = min((row for row in ranked if row[0]), default=None)
        if best:
            return UUID(best[2])
        self.problems.append(f"{request.method} {request.path} left without an intent of its own")
        return None

    def answered(self, intent: UUID | None, request: Request, status: int) -> None:
        """A write that was done uses its intent up."""
        if intent is not None and status < 300:
            self.done[intent] += 1
            if self.done[intent] > 1:
                self.problems.append(f"{request.method} {request.path} was done twice with one intent")
