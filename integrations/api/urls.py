"""The API on a customer's host, below /api/v1/. A resource adds its `routes` here."""

from __future__ import annotations

from django.urls import path

from integrations.api import (
    alert_list,
    connection_list,
    customer,
    event_deliveries,
    event_endpoints,
    flow_list,
    inbound_events,
    keys,
    member_list,
    run_list,
    sync_list,
)
from integrations.api.documents import openapi

RESOURCES = (
    customer,
    member_list,
    keys,
    connection_list,
    flow_list,
    sync_list,
    run_list,
    inbound_events,
    event_endpoints,
    event_deliveries,
    alert_list,
)

urlpatterns = [path("openapi.json", openapi, name="api-document"), *(each for r in RESOURCES for each in r.routes)]
