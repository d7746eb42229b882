"""The Grafana dashboard: a form that Grafana imports, and queries that ask by labels which the metrics have."""

from __future__ import annotations

import json
import re
from typing import Any

from devservices.state import CHECKOUT
from integrations.metrics import GAUGES
from integrations.telemetry import METRICS

DASHBOARD: dict[str, Any] = json.loads((CHECKOUT / "deploy" / "grafana" / "ml-connector.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]
LABELS = {name: set(labels) for name, (_, labels) in GAUGES.items()} | {
    name: {*metric.labels, "le"} for name, metric in METRICS.items()
}


def test_it_has_what_grafana_asks_of_an_import():
    assert DASHBOARD["uid"] == "ml-connector"
    assert DASHBOARD["schemaVersion"] >= 36
    assert {"title", "panels", "templating", "time"} <= set(DASHBOARD)
    assert "id" not in DASHBOARD  # one of another installation would replace what has it here
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_each_panel_has_a_title_a_place_and_the_chosen_source():
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert panel["title"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in PANELS:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
        assert panel["targets"]


def test_each_query_asks_by_labels_that_its_metrics_have():
    for query in QUERIES:
        names = [re.sub("_(total|bucket|sum|count)$", "", name) for name in re.findall(r"connector_\w+", query)]
        known = set.union(*(LABELS[name] for name in names))
        asked = {label for braces in re.findall(r"{(.*?)}", query) for label in re.findall(r"(\w+)\s*[=!]~?", braces)}
        grouped = {
            word.strip()
            for group in re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", query)
            for word in group.split(",")
        }
        assert asked | grouped <= known, query
        assert query.count("(") == query.count(")"), query


def test_each_variable_that_a_query_names_is_there():
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    named = {name for query in QUERIES for name in re.findall(r"\$(\w+)", query)}
    assert named <= variables
    assert {"customer", "flow"} <= named
