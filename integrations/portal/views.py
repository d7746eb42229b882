"""The home page of a customer's host."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render

from integrations import catalogue
from integrations.engine import vanished
from integrations.models import Delivery, Sync
from integrations.portal.pages import PageRequest, page

State = Delivery.State


@page(role="viewer")
def home(request: PageRequest) -> HttpResponse:
    """The customer's syncs, with how much of each waits or needs a person."""
    syncs = (
        Sync.objects.select_related("source", "target")
        .defer("source__credentials", "source__token", "target__credentials", "target__token")
        .annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state=State.WAITING)),
            quarantined=Count("deliveries", filter=Q(deliveries__state=State.QUARANTINED)),
        )
    )
    rows = [(sync, vanished(_maps_of(sync.flow))) for sync in syncs]
    return render(request, "portal/home.html", {"rows": rows})


def _maps_of(flow: str) -> tuple[str, ...]:
    return catalogue.flows()[flow].maps if flow in catalogue.flows() else ()
