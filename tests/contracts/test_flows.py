"""What every flow has to keep, whichever files stand in the folder. A new flow is held to it without a change here."""

from __future__ import annotations

import ast
import inspect
import json
import re
from typing import Any

import pytest

from integrations import catalogue
from integrations.systems.sap.services import SERVICES

FLOWS = list(catalogue.flows().values())
each_flow = pytest.mark.parametrize("flow", FLOWS, ids=[flow.name for flow in FLOWS])
KEBAB = re.compile(r"[a-z]+(-[a-z]+)*")


def module_of(flow: Any) -> Any:
    module = inspect.getmodule(type(flow))
    assert module is not None
    return module


@each_flow
def test_its_name_is_kebab_case_and_its_files(flow: Any) -> None:
    assert KEBAB.fullmatch(flow.name)
    assert module_of(flow).__name__.rsplit(".", 1)[1] == flow.name.replace("-", "_")


@each_flow
def test_its_docstring_tells_what_it_reads_needs_and_writes(flow: Any) -> None:
    story = module_of(flow).__doc__ or ""
    assert [word for word in ("Reads ", "Needs ", "Writes ") if f"\n{word}" not in story] == []


@each_flow
def test_its_facts_name_things_that_exist(flow: Any) -> None:
    assert {flow.source_system, flow.target_system} <= set(catalogue.systems())
    assert set(flow.needs) <= set(catalogue.flows()) - {flow.name}
    assert all(KEBAB.fullmatch(name) for name in flow.maps)
    if flow.source_system == "sap":
        assert flow.service in {service.name for service in SERVICES}


@each_flow
def test_its_reader_and_writer_can_do_their_part(flow: Any) -> None:
    assert [name for name in ("pages", "fetch", "seconds_behind") if not callable(getattr(flow.reader, name))] == []
    assert [name for name in ("fetch", "send", "find", "directory") if not callable(getattr(flow.writer, name))] == []


@each_flow
def test_its_options_survive_json_and_its_choices_allow_the_defaults(flow: Any) -> None:
    as_lists = {name: list(value) if isinstance(value, tuple) else value for name, value in flow.options.items()}
    assert json.loads(json.dumps(dict(flow.options))) == as_lists
    choices = getattr(flow, "choices", {})
    assert {name: flow.options[name] for name in choices if flow.options[name] not in choices[name]} == {}


@each_flow
def test_it_asks_only_the_maps_that_it_names(flow: Any) -> None:
    """Maps asked in the flow's own file; the engine reads no other ones for it."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module_of(flow)))) if isinstance(node, ast.Call)]
    asked = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("mapped", "mapped_or")
        and isinstance(call.args[0], ast.Constant)
    }
    assert asked <= set(flow.maps)


# Values that no system of ours can be asked for by their key, or that are no keys at all; each flow checks them itself.
NOT_KEPT = {"unit", "sku-unit", "location", "sku", "supplier"}


@each_flow
def test_every_map_is_held_against_a_kind_or_is_known_to_name_none(flow: Any) -> None:
    assert set(flow.map_kinds) | set(flow.map_words) | set(flow.exact_maps) <= set(flow.maps)
    assert {name for name in flow.maps if not catalogue.map_kind(name)} <= NOT_KEPT
    kinds = {kind for name in ("sap", "servicetitan") for kind in catalogue.systems()[name].KINDS}
    assert set(flow.map_kinds.values()) <= kinds


@each_flow
def test_a_map_means_the_same_in_every_flow_that_asks_it(flow: Any) -> None:
    """A value is checked, and a rule refused, whichever of its flows a customer uses."""
    assert dict(flow.map_kinds) == {name: catalogue.map_kind(name) for name in flow.map_kinds}
    assert {name for name in flow.maps if catalogue.is_exact(name)} == set(flow.exact_maps)


@each_flow
def test_tables_and_options_that_two_flows_share_are_declared(flow: Any) -> None:
    for name, entries in flow.tables.items():
        assert all(value in entries[entry] for entry, value in flow.options[name].items())
    for name, other in flow.agrees_on.items():
        assert name in catalogue.flows()[other].options


@each_flow
def test_an_empty_target_row_can_be_looked_at(flow: Any) -> None:
    """Required members come back null from real tenants: looking at a row never breaks, and is plain JSON."""
    shown = flow.observe({})
    assert json.loads(json.dumps(shown)) == shown
    assert flow.lines({}) == {}
    assert flow.is_gone({}) is False


def test_there_is_an_order_in_which_every_flow_comes_after_those_it_needs() -> None:
    ordered = catalogue.in_order(flow.name for flow in FLOWS)
    assert sorted(ordered) == sorted(flow.name for flow in FLOWS)
    assert ordered.index("vendors") < ordered.index("purchase-orders")
