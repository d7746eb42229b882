"""What tests of customers' files share."""

from __future__ import annotations

from textwrap import dedent

import pytest


@pytest.fixture
def write(tmp_path, monkeypatch, settings, db):
    settings.OUTGOING_ALLOW, settings.OUTGOING_ALLOW_PLAIN_HTTP = ["127.0.0.0/8"], True
    variables = {
        "SAP_URL": "http://127.0.0.1:8001",
        "ST_URL": "http://127.0.0.1:8002",
        "SAP_USER": "canary-user",
        "ST_CLIENT_ID": "cid.canary",
        "ST_SECRET": "cs1.canary",
        "ST_KEY": "ak1.canary",
        "OLGA": "canary-olga-password",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "sap-password").write_text("canary-password\n")
    (tmp_path / "materials.csv").write_text("key,value,label\nTG11,5001,Trading good\n0042,5002,\n")

    def write(text, name="customer.yaml"):
        path = tmp_path / name
        path.write_text(dedent(text))
        return path

    return write
