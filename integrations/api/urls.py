"""The API on a customer's host, below /api/v1/. A resource adds its `routes` here."""

from __future__ import annotations

from django.urls import path

from integrations.api import (
    alert_list,
    attempt_list,
    bill_list,
    connection_list,
    connection_pauses,
    customer,
    delivery_list,
    event_deliveries,
    event_endpoints,
    failure_group_list,
    fit_report_list,
    flow_list,
    freshness_list,
    inbound_events,
    keys,
    link_list,
    member_list,
    reconcile_list,
    reference_list,
    replay_job_list,
    retention_rules,
    run_list,
    sync_list,
    value_map_list,
    value_map_looks,
)
from integrations.api.documents import openapi

RESOURCES = (
    customer,
    member_list,
    keys,
    connection_list,
    connection_pauses,
    flow_list,
    sync_list,
    run_list,
    delivery_list,
    attempt_list,
    failure_group_list,
    replay_job_list,
    fit_report_list,
    link_list,
    value_map_list,
    value_map_looks,
    reference_list,
    bill_list,
    reconcile_list,
    freshness_list,
    inbound_events,
    event_endpoints,
    event_deliveries,
    alert_list,
    retention_rules,
)

urlpatterns = [path("openapi.json", openapi, name="api-document"), *(each for r in RESOURCES for each in r.routes)]
