"""Pages of a customer's host. Only members reach them (tenants.middleware)."""

from django.urls import path

from integrations.portal import map_changes, maps, records, views

urlpatterns = [
    path("", views.home, name="home"),
    *records.routes,
    *map_changes.routes,
    *maps.routes,
]
