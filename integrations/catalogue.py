"""Which flows and systems there are: whatever stands in the two folders. There is no list to keep up.

A flow is a module of `flows/` with a `FLOW`; a system is a folder of `systems/` with a `system.py`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, cast

from integrations import flows as flow_folder
from integrations import systems as system_folder
from integrations.flow import Flow


@cache
def flows() -> Mapping[str, Flow]:
    """Every flow by its name (kebab-case). Raises RuntimeError where two have the same name."""
    found: dict[str, Flow] = {}
    for module in _below(flow_folder):
        flow = getattr(import_module(module), "FLOW", None)
        if flow is None:
            continue
        if flow.name in found:
            raise RuntimeError(f"Two files in flows/ are named {flow.name}.")
        found[flow.name] = cast(Flow, flow)
    return MappingProxyType(found)


@cache
def systems() -> Mapping[str, Any]:
    """Every system by its NAME: the module `system` of its folder."""
    modules = (f"{folder}.system" for folder in _below(system_folder))
    found = [import_module(module) for module in modules if find_spec(module)]
    return MappingProxyType({module.NAME: module for module in found})


def map_kind(value_map: str) -> str:
    """The reference kind that the values of a map name, "" where they name none."""
    return next((flow.map_kinds[value_map] for flow in flows().values() if value_map in flow.map_kinds), "")


def map_words(value_map: str) -> tuple[str, ...]:
    """Values of a map that are words of ours, e.g. "create"."""
    return next((flow.map_words[value_map] for flow in flows().values() if value_map in flow.map_words), ())


def is_exact(value_map: str) -> bool:
    """Whether the keys of a map are always taken literally, so that it takes no rules."""
    return any(value_map in flow.exact_maps for flow in flows().values())


def in_order(names: Iterable[str]) -> list[str]:
    """Flow names, each after the flows whose links it needs; otherwise by name."""
    left, ordered = sorted(set(names)), list[str]()
    while left:
        ready = [name for name in left if not set(flows()[name].needs) & set(left)]
        if not ready:
            raise RuntimeError(f"These flows need each other in a circle: {', '.join(left)}.")
        ordered += ready
        left = [name for name in left if name not in ready]
    return ordered


def _below(folder: Any) -> list[str]:
    return [f"{folder.__name__}.{found.name}" for found in pkgutil.iter_modules(folder.__path__)]
