"""A connection that a person pauses and resumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import steering
from integrations.api.connection_list import EXAMPLE, ConnectionShown, find, shown
from integrations.api.kernel.members import Reason
from integrations.api.kernel.openapi import describes
from integrations.api.kernel.resource import Resource, route

PAUSED = {**EXAMPLE, "state": "paused", "pause_code": "by-person", "pause_reason": "SAP is restored tonight"}


class PauseConnection(Resource):
    """Pausing."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes(
        "pause_connection",
        "Pause a connection",
        answer=ConnectionShown,
        body=Reason,
        example=PAUSED,
        body_example={"reason": "SAP is restored tonight"},
    )
    def post(self, request: Request, connection_id: UUID) -> Response:
        """Nothing is asked of it any more once the batch under way is done, until somebody resumes it."""
        wanted, row = self.body(Reason), find(connection_id, lock=True)
        steering.pause_connection(row, reason=wanted["reason"], actor=self.actor)
        return shown(find(connection_id))


class ResumeConnection(Resource):
    """Resuming."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "operate"}

    @describes("resume_connection", "Resume a connection", answer=ConnectionShown, example=EXAMPLE)
    def post(self, request: Request, connection_id: UUID) -> Response:
        """Ends a pause by a person; one because of refused credentials ends with a ping that is answered."""
        row = find(connection_id, lock=True)
        steering.resume_connection(row, self.customer, actor=self.actor, now=timezone.now())
        return shown(find(connection_id))


routes = [
    route("connections/<uuid:connection_id>/pause", PauseConnection, "connection-pause"),
    route("connections/<uuid:connection_id>/resume", ResumeConnection, "connection-resume"),
]
