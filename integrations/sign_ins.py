"""Says in a customer's audit who came in by their host, and who left."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.http import HttpRequest

from integrations import audit
from tenants.models import Person


def listen() -> None:
    """To be called once, when the apps are ready."""
    user_logged_in.connect(_came_in, dispatch_uid="audit-signed-in")
    user_logged_out.connect(_left, dispatch_uid="audit-signed-out")


def _came_in(request: HttpRequest, user: Person, **_: Any) -> None:
    _record(request, user, "person.signed-in")


def _left(request: HttpRequest, user: Person | None, **_: Any) -> None:
    _record(request, user, "person.signed-out")


def _record(request: HttpRequest, user: Person | None, action: str) -> None:
    """Nothing on the public host, which belongs to no customer."""
    if user is None or getattr(request, "customer", None) is None:
        return
    actor = audit.Actor(kind="person", id=str(user.pk), label=user.email)
    with transaction.atomic():
        audit.record(actor=actor, action=action, subject=user.email, subject_id=str(user.pk))
