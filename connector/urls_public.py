"""The public host: signing in, choosing a customer, and the operators' admin."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
