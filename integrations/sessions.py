"""A person's sessions on all hosts of ours: which there are, and ending them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest

from tenants.middleware import HOST_KEY
from tenants.models import Person


@dataclass(frozen=True, slots=True)
class Signed:
    """One session; `current`: the one that asks."""

    host: str
    since: datetime
    address: str
    browser: str
    current: bool


def of(request: HttpRequest) -> list[Signed]:
    """Those of the person who asks, newest first; what has ended meanwhile is forgotten."""
    person = request.user
    living = UserSession.objects.purge_and_list(person)
    return [_shown(row, request) for row in sorted(living, key=lambda row: row.created_at, reverse=True)]


def end_others(person: Person, current: str) -> int:
    """Ends all sessions of the person but the one with this key; how many that were."""
    others = list(UserSession.objects.filter(user=person).exclude(session_key=current))
    for row in others:
        row.end()
    return len(others)


def _shown(row: Any, request: HttpRequest) -> Signed:
    stored = import_module(settings.SESSION_ENGINE).SessionStore(row.session_key)
    return Signed(
        host=str(stored.get(HOST_KEY, settings.PUBLIC_HOST)),
        since=row.created_at,
        address=row.ip,
        browser=row.user_agent,
        current=row.session_key == request.session.session_key,
    )
