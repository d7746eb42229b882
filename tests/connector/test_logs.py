"""What a log line holds: the reason, and never a secret."""

from __future__ import annotations

import json
import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from connector import logs


def line(form: str, name: str, *, broken: bool = False, **details: Any) -> str:
    """One warning as the installation's handler would write it."""
    formatter = logs.configuration(form=form, level="INFO")["formatters"]["line"]
    made = structlog.stdlib.ProcessorFormatter(
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    record = logging.LogRecord(name, logging.WARNING, "file", 1, "poll failed", (), sys.exc_info() if broken else None)
    record.__dict__.update(details)
    return str(made.format(record))


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_line_of_ours_names_the_flow_and_the_reason(form):
    said = line(form, "integrations.engine.polling", flow="vendors", reason="SAP is away.")
    assert "vendors" in said
    assert "SAP is away." in said


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_detail_whose_name_is_that_of_a_secret_is_not_shown(form):
    assert "canary" not in line(form, "integrations.tokens", access_token="canary-token")


@pytest.mark.parametrize("form", logs.FORMATS)
def test_details_of_other_libraries_are_not_shown(form):
    """Celery attaches arguments of tasks, Django whole requests."""
    assert "canary" not in line(form, "celery.app.trace", data={"args": ["canary-argument"]})


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_traceback_shows_no_values_of_variables(form):
    try:
        password = "canary-" + form
        raise ValueError(len(password))
    except ValueError:
        said = line(form, "integrations.engine.polling", broken=True)
    assert "ValueError" in said
    assert f"canary-{form}" not in said


def test_a_line_of_json_is_one_line():
    said = line("json", "integrations.engine.polling", flow="vendors")
    assert json.loads(said)["flow"] == "vendors"
    assert "\n" not in said


def test_a_line_of_ours_names_the_customer_it_is_about(monkeypatch):
    monkeypatch.setattr(logs, "connection", SimpleNamespace(schema_name="acme"))
    assert json.loads(line("json", "integrations.tokens"))["customer"] == "acme"
    monkeypatch.setattr(logs, "connection", SimpleNamespace(schema_name="public"))
    assert "customer" not in json.loads(line("json", "integrations.tokens"))
