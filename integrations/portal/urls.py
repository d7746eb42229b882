"""Pages of a customer's host. Only members reach them (tenants.middleware)."""

from django.urls import path

from integrations.portal import books, map_changes, maps, records, tasks, views

urlpatterns = [
    path("", views.home, name="home"),
    *records.routes,
    *tasks.routes,
    *books.routes,
    *maps.routes,
    *map_changes.routes,
]
