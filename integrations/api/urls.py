"""The API on a customer's host, below /api/v1/. A resource adds its `routes` here."""

from __future__ import annotations

from django.urls import path

from integrations.api import customer
from integrations.api.documents import openapi

RESOURCES = (customer,)

urlpatterns = [path("openapi.json", openapi, name="api-document"), *(each for r in RESOURCES for each in r.routes)]
