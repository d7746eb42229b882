"""A customer's host: signing in by hand-over, the home page, and the admin of their tables."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
