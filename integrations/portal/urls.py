"""Pages of a customer's host. Only members reach them (tenants.middleware)."""

from django.urls import path

from integrations.portal import records, views

urlpatterns = [
    path("", views.home, name="home"),
    *records.routes,
]
