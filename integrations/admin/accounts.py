"""The desk's form of a connection: every option of the system, those only the hosting team may set included.

Secrets are typed in and never shown; those that are stored stay, unless the connection's address changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from integrations import catalogue, connections, setting_up
from integrations.admin.doing import actor, customer, said
from integrations.fields import reveal
from integrations.keyring import KeyMissing
from integrations.models import Connection
from integrations.refusals import CannotBeDone, WrongMembers

MOST = 400
AGAIN = "Enter it again: what is stored is not sent to another address than it was entered for."


@dataclass(frozen=True, slots=True)
class OptionField:
    """One option: its value, "" where the default counts, and the default."""

    name: str
    value: Any
    default: Any
    is_flag: bool


def option_fields(request: HttpRequest, row: Connection) -> list[OptionField]:
    """What the system's connections can be told: as it was typed, else as it is stored."""
    posted = request.method == "POST"
    fields = []
    for name, default in connections.system_of(row.system).OPTIONS.items():
        stored = row.options.get(name, default if _is_flag(default) else "")
        value = request.POST.get(f"option-{name}", "") if posted else stored
        fields.append(OptionField(name, value, default, _is_flag(default)))
    return fields


def given(request: HttpRequest, row: Connection) -> dict[str, str]:
    """The other members: as they were typed, else as they are stored."""
    posted = request.POST if request.method == "POST" else {}
    return {name: posted.get(name, getattr(row, name)) for name in ("name", "environment", "base_url", "ca_bundle")}


def secrets_of(row: Connection) -> Mapping[str, str]:
    """What is stored. Raises KeyMissing."""
    return reveal(Connection.objects.get(pk=row.pk).credentials) or {}


def create(request: HttpRequest) -> Connection:
    """A new connection from a form, checked completely. Raises WrongMembers, CannotBeDone."""
    system = request.POST.get("system", "")
    if system not in catalogue.systems():
        raise CannotBeDone(f"There is no system {system[:40]}.")
    environment = request.POST.get("environment", "")
    if environment not in Connection.Environment.values:
        raise CannotBeDone("An environment is sandbox or production.")
    row = _filled(request, Connection(system=system, environment=environment))
    secrets = _typed(request)
    if faults := setting_up.faults(row, secrets, by_staff=True):
        raise WrongMembers(faults)
    with transaction.atomic():
        setting_up.create(row, secrets, customer(request), actor=actor(request), now=timezone.now())
    return row


def change(request: HttpRequest, row: Connection) -> list[str]:
    """Changes what the form says otherwise; the names of what changed. Raises WrongMembers, CannotBeDone."""
    after, typed, known = _filled(request, copy(row)), _typed(request), _known(row)
    if setting_up.needs_credentials_again(after, row) and (missing := [name for name in known if name not in typed]):
        raise WrongMembers([(f"credentials/{name}", AGAIN) for name in missing])
    wanted = {name: getattr(after, name) for name in ("name", "base_url", "ca_bundle", "options")}
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    _save(request, row, after, wanted, {**known, **typed})
    return [*changed, *sorted(typed)]


def replace_secrets(request: HttpRequest, row: Connection) -> list[str]:
    """Replaces the secrets that were typed; their names. Raises WrongMembers, CannotBeDone."""
    typed = _typed(request)
    if not typed:
        raise CannotBeDone("Nothing was filled in: nothing was changed.")
    _save(request, row, copy(row), {}, {**_known(row), **typed})
    return sorted(typed)


def _save(
    request: HttpRequest, row: Connection, after: Connection, wanted: Mapping[str, Any], secrets: Mapping[str, str]
) -> None:
    if faults := setting_up.faults(after, secrets, before=row, by_staff=True):
        raise WrongMembers(faults)
    with transaction.atomic():
        locked = setting_up.locked(row.pk)
        if locked is None:
            raise CannotBeDone("This connection was removed meanwhile.")
        setting_up.change(locked, wanted, secrets, customer(request), actor=actor(request), now=timezone.now())


def _known(row: Connection) -> Mapping[str, str]:
    """What is stored; nothing, where it cannot be read any more."""
    try:
        return secrets_of(row)
    except KeyMissing:
        return {}


def _filled(request: HttpRequest, row: Connection) -> Connection:
    row.name = said(request, "name", most=80, what="The name")
    row.base_url = request.POST.get("base_url", "").strip()[:MOST]
    if "ca_bundle" in request.POST:
        row.ca_bundle = request.POST["ca_bundle"].strip()
    row.options = _options(request, row)
    return row


def _options(request: HttpRequest, row: Connection) -> dict[str, Any]:
    """What is left empty follows the system's default; an option that it does not have any more goes."""
    found: dict[str, Any] = {}
    for name, default in connections.system_of(row.system).OPTIONS.items():
        text = request.POST.get(f"option-{name}", "").strip()[:MOST]
        if _is_flag(default):
            if bool(text) != default:
                found[name] = bool(text)
        elif text:
            found[name] = text if isinstance(default, str) else _number(text)
    return found


def _number(text: str) -> int | float | str:
    """What is no number stays a text, and is told as such."""
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _is_flag(default: Any) -> bool:
    return isinstance(default, bool)


def _typed(request: HttpRequest) -> dict[str, str]:
    posted = [(name.removeprefix("secret-"), str(v)) for name, v in request.POST.items() if name.startswith("secret-")]
    return {name: value for name, value in posted if value and len(name) < 80}
