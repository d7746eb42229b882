"""Appends to the audit: every edge that changes something says who did what, in the transaction of the change."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from integrations.models import AuditEvent
from tenants import correlation, schema

NOTHING: Mapping[str, Any] = {}


class NoCustomer(Exception):
    """An audit event was recorded outside of a customer's schema."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a person or key (by UUID), a program (by name), or the platform itself.

    `label` is what is shown, as it was called at that time: an e-mail address, a key's name.
    """

    kind: Literal["person", "api-key", "program", "platform"]
    id: str
    label: str


PLATFORM = Actor(kind="platform", id="", label="ml-connector")
"""What the platform does by itself: pausing a connection whose credentials were refused, removing what is too old."""


def command(name: str) -> Actor:
    """A management command, with the operating system's user who runs it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        user = "unnamed user"
    return Actor(kind="program", id=f"manage.py {name}", label=f"manage.py {name} by {user}"[:200])


def record(
    *, actor: Actor, action: str, subject: str, subject_id: str = "", detail: Mapping[str, Any] = NOTHING
) -> None:
    """Appends one event in the current transaction and schema, so that it stands or falls with the change.

    `action` is "noun.verb" ("sync.paused", "connection.credentials-changed"). `subject` is the name of the thing,
    `subject_id` its public id. `detail` holds names and values before and after; of what is write-only it says
    "changed". Raises TypeError for a Secret (or anything that is no JSON), NoCustomer in the public schema, and
    TransactionManagementError outside of a transaction.
    """
    if schema.current() == schema.PUBLIC:
        raise NoCustomer(f"{action} belongs to a customer, and no customer's schema is in use here.")
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError(f"{action} has to be recorded in the transaction of the change.")
    AuditEvent.objects.create(
        at=timezone.now(),
        actor_kind=actor.kind,
        actor_id=actor.id[:80],
        actor_label=actor.label[:200],
        action=action,
        subject=subject[:240],
        subject_id=subject_id[:120],
        detail=dict(detail),
        correlation_id=correlation.current()[:64],
    )
