"""The API on the public host, below /api/v1/: for the hosting team."""

from __future__ import annotations

from django.urls import path

from integrations.api import staff_customers
from integrations.api.documents import openapi

RESOURCES = (staff_customers,)

urlpatterns = [path("openapi.json", openapi, name="api-document"), *(each for r in RESOURCES for each in r.routes)]
