"""The operators' own pages; to stand before the operators' site."""

from django.urls import path

from integrations.admin import operators

urlpatterns = [
    path("overview/", operators.overview, name="overview"),
    path("search/", operators.search, name="search"),
    path("step-in/", operators.step_in, name="step-in"),
]
