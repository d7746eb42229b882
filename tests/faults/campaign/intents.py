"""No write without an intent of its own that was committed before, and no intent for two writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django_tenants.utils import schema_context

from integrations.models import Attempt
from simulators.wire import Request
from tests.faults.campaign import stage


def _is_meant(path: str, sent: str, marker: str, target: str, body: Any) -> bool:
    """The mark stands in the body, or the target in the address, or what was sent is what the step has to say."""
    if marker:
        return marker.rpartition(":")[2] in sent
    return (target and target in path) or _says(sent, body)


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
            wanted = list(rows.values_list("id", "step__marker", "step__target_key", "step__body"))
        sent = request.body.decode(errors="replace")
        meant = [row for row in wanted if _is_meant(request.path, sent, *row[1:])]
        # Two records may be parts of one target: then it is the intent that says the same.
        meant.sort(key=lambda row: (not _says(sent, row[3]), self.done[UUID(str(row[0]))]))
        if meant:
            return UUID(str(meant[0][0]))
        self.problems.append(f"{request.method} {request.path} left without an intent of its own")
        return None

    def answered(self, intent: UUID | None, request: Request, status: int) -> None:
        """A write that was done uses its intent up."""
        if intent is not None and status < 300:
            self.done[intent] += 1
            if self.done[intent] > 1:
                self.problems.append(f"{request.method} {request.path} was done twice with one intent")
