"""Runs: polls that read something new, or failed, with arithmetic that has to come out even."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.kernel.members import Instant, Strict, Text
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.pagination import page
from integrations.api.kernel.resource import Resource, route
from integrations.models import Run

EXAMPLE = {
    "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
    "flow": "purchase-orders",
    "state": "completed",
    "started_at": "2026-03-02T08:00:00Z",
    "read_at": "2026-03-02T08:00:02Z",
    "finished_at": "2026-03-02T08:00:09Z",
    "read": 30,
    "unchanged": 4,
    "written": 24,
    "skipped": 1,
    "quarantined": 1,
    "open": 0,
    "error_code": "",
    "error": "",
}


class RunShown(serializers.Serializer[Run]):
    """read = unchanged + written + skipped + quarantined + open. Completed only when nothing is open."""

    id = serializers.UUIDField()
    flow = serializers.CharField(source="sync.flow")
    state = serializers.ChoiceField(choices=Run.State.choices)
    started_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True, help_text="When the source had been read.")
    finished_at = serializers.DateTimeField(allow_null=True)
    read = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    written = serializers.IntegerField()
    skipped = serializers.IntegerField(help_text="Not transferable, superseded or dismissed, each with its reason.")
    quarantined = serializers.IntegerField(help_text="A person is needed.")
    open = serializers.IntegerField(help_text="On their way, or waiting.")
    error_code = serializers.CharField()
    error = serializers.CharField()


class RunFilters(Strict):
    """Which runs."""

    flow = Text(required=False)
    state = serializers.ChoiceField(choices=Run.State.choices, required=False)
    started_from = Instant(required=False)
    started_before = Instant(required=False)


class RunList(Resource):
    """All runs."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("list_runs", "List runs", answer=RunShown, paged=True, filters=RunFilters, example=EXAMPLE)
    def get(self, request: Request) -> Response:
        """Runs, newest first. A poll that brought nothing new leaves none."""
        names = {"flow": "sync__flow", "started_from": "started_at__gte", "started_before": "started_at__lt"}
        given: dict[str, Any] = {names.get(name, name): value for name, value in self.filters.items()}
        rows = Run.objects.select_related("sync").filter(**given)
        return page(request, rows, order=("-started_at", "-id"), show=RunShown)


class OneRun(Resource):
    """One run."""

    scopes: ClassVar[Mapping[str, str]] = {"GET": "read"}

    @describes("read_run", "Read a run", answer=RunShown, example=EXAMPLE)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One run with its counts."""
        run = Run.objects.select_related("sync").filter(pk=run_id).first()
        if run is None:
            raise Http404
        return Response(RunShown(run).data)


routes = [
    route("runs", RunList, "runs"),
    route("runs/<uuid:run_id>", OneRun, "run"),
]
