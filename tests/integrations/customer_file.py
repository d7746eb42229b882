"""A customer's file in parts, and what comes of applying it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.apply import Problems, apply
from tenants.models import Customer

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

CUSTOMER = """
    customer:
      schema: initech
      name: Initech Mechanical
      domain: initech.localhost
      time_zone: America/Chicago
"""
CONNECTIONS = """
    connections:
      sap:
        system: sap
        environment: sandbox
        base_url: {env: SAP_URL}
        options: {sap_client_number: "100"}
        credentials:
          username: {env: SAP_USER}
          password: {file: sap-password}
      servicetitan:
        system: servicetitan
        environment: sandbox
        base_url: {env: ST_URL}
        options:
          servicetitan_tenant_id: 1234567
          token_url: {env: ST_URL, append: /connect/token}
          external_data_guid: 7c8a2f0e-43f1-4d0b-9a3f-0c5c0d1c2b3a
        credentials:
          client_id: {env: ST_CLIENT_ID}
          client_secret: {env: ST_SECRET}
          app_key: {env: ST_KEY}
"""
SYNCS = """
    syncs:
      vendors:
        schedule: {every: 2m}
        options: {company_code: "1010"}
      purchase-orders:
        source: sap
        target: servicetitan
        schedule: {at: "06:30", days: [mon, fri]}
        enabled: false
"""
PEOPLE = """
    people:
      - {email: Olga@initech.example.com, name: Olga Owner, role: owner, password: {env: OLGA}}
      - {email: vic@initech.example.com, role: viewer}
"""
MAPS = """
    maps:
      cost-center:
        rows: {10101101: "2117", "0010": 2118}
      material:
        csv: materials.csv
"""
EVERYTHING = CUSTOMER + PEOPLE + CONNECTIONS + SYNCS + MAPS


def problems(path: Path) -> list[str]:
    before = list(Customer.objects.values_list("schema_name", flat=True))
    with pytest.raises(Problems) as caught:
        apply(path, now=NOW)
    assert list(Customer.objects.values_list("schema_name", flat=True)) == before
    assert "canary" not in str(caught.value)
    return caught.value.lines


def changes(path: Path, **options: Any) -> list[str]:
    return [str(change) for change in apply(path, now=NOW, **options)]
