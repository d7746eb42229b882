"""Counts what happens in this process, for the metrics. Plain Python: any layer may count, and nothing waits for it.

`integrations.metrics` adds the counts of all processes up and shows them. Names and labels are declared here, once;
labels are few: systems, flows, outcomes, and customers where one of them can be the cause.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Seconds: from a quick read to the longest call that there is."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A counter, or a histogram of seconds."""

    kind: Literal["counter", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


METRICS: Mapping[str, Metric] = {
    "connector_polls": Metric("counter", "Polls of a source.", ("flow", "outcome")),
    "connector_deliveries": Metric("counter", "Deliveries that came into a state.", ("flow", "state")),
    "connector_remote_calls": Metric("counter", "Calls to a customer's systems.", ("customer", "system")),
    "connector_remote_throttled": Metric("counter", "Calls that were answered with 429.", ("customer", "system")),
    "connector_remote_seconds": Metric("histogram", "Time until a call was answered.", ("system", "method", "outcome")),
    "connector_token_fetches": Metric("counter", "Access tokens that were asked for.", ("system", "outcome")),
    "connector_tick_delay_seconds": Metric("histogram", "How late work was claimed."),
}

Key = tuple[str, ...]
"""Name, values of the labels, and for a histogram the bucket ("0.5", "+Inf") or "sum"."""

about: ContextVar[tuple[str, str]] = ContextVar("about", default=("", ""))
"""Customer and flow that this task works for."""

_lock = threading.Lock()
_counts: dict[Key, float] = {}


@contextmanager
def working_for(customer: str, flow: str) -> Iterator[None]:
    """What is counted inside is about this customer and flow."""
    token = about.set((customer, flow))
    try:
        yield
    finally:
        about.reset(token)


def count(name: str, *labels: str, by: float = 1) -> None:
    """Adds to a counter. Raises KeyError for a name, and ValueError for a number of labels, that is not declared."""
    _add(_checked(name, labels), by)


def observe(name: str, *labels: str, seconds: float) -> None:
    """Adds a time to a histogram."""
    key = _checked(name, labels)
    bucket = next((f"{edge}" for edge in BUCKETS if seconds <= edge), "+Inf")
    _add((*key, bucket), 1)
    _add((*key, "sum"), seconds)


def exchanged(customer: str, system: str, method: str, status: int | None, seconds: float) -> None:
    """A call to a customer's system has ended; `status` None: without an answer."""
    outcome = f"{status // 100}xx" if status else "none"
    observe("connector_remote_seconds", system, method, outcome, seconds=seconds)
    count("connector_remote_calls", customer, system)
    if status == 429:
        count("connector_remote_throttled", customer, system)


def drain() -> dict[Key, float]:
    """What was counted since the last time; from now on counting begins anew."""
    with _lock:
        drained = dict(_counts)
        _counts.clear()
    return drained


def put_back(counts: Mapping[Key, float]) -> None:
    """Adds counts again that could not be handed on."""
    for key, by in counts.items():
        _add(key, by)


def _checked(name: str, labels: tuple[str, ...]) -> Key:
    if len(METRICS[name].labels) != len(labels):
        raise ValueError(f"{name} has the labels {METRICS[name].labels}.")
    return (name, *labels)


def _add(key: Key, by: float) -> None:
    with _lock:
        _counts[key] = _counts.get(key, 0) + by
