"""Connections as people enter and change them: checked completely, then saved, with what that entails.

`faults` asks the name servers, so it is called before the transaction; the others are called in one, and in the
customer's schema.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction

from integrations import connections
from integrations.audit import Actor, record
from integrations.connection import ConnectionSettings, Environment
from integrations.engine import ledger
from integrations.environments import declared_otherwise
from integrations.errors import IntegrationError, Transient
from integrations.fields import reveal
from integrations.guard import origin, resolve
from integrations.models import Connection, Sync
from integrations.refusals import CannotBeDone, Fault
from integrations.transport import tls_context
from tenants import servicetitan_tenants
from tenants.models import Customer

ADDRESSES = ("base_url", "token_url")


def faults(
    row: Connection, credentials: Mapping[str, str], *, before: Connection | None = None, by_staff: bool = False
) -> list[Fault]:
    """Everything that is wrong with a connection as it will be. `before`: as it is now, with other credentials.

    `by_staff`: somebody of the hosting team asks, who may set every address.

    Each fault names its member: "base_url", "options/page_size", "credentials/password".
    """
    system = connections.system_of(row.system)
    reserved: Collection[str] = () if by_staff else system.STAFF_ONLY
    found = [*_kinds(row.options, system.OPTIONS), *_staff_only(row, before, reserved)]
    if found:
        return found
    settings = _settings(row, credentials)
    known = {*system.CREDENTIALS, *credentials} - set(row.options)
    found = [(_place(name, known), sentence) for name, sentence in system.problems(settings)]
    found += declared_otherwise(row)
    if found:
        return found
    found += _unreachable("base_url", [system.base_url(settings)])
    found += _unreachable("options/token_url", system.extra_hosts(settings))
    return [*found, *_unreadable(row.ca_bundle)]


def needs_credentials_again(row: Connection, before: Connection) -> bool:
    """Whether what is stored would be sent to another address than it was entered for.

    Whoever may change an address, but does not know the credentials, could have them sent to a host of their own.
    """
    return _addresses(row) != _addresses(before)


def missing_again(row: Connection, before: Connection, known: Collection[str], given: Mapping[str, Any]) -> list[Fault]:
    """The credentials that have to be entered again, because the address is another one. `known`: what is stored."""
    if not needs_credentials_again(row, before):
        return []
    sentence = "Enter it again: what is stored is not sent to another address than it was entered for."
    return [(f"credentials/{name}", sentence) for name in known if not given.get(name)]


def locked(connection_id: UUID) -> Connection | None:
    """A connection, for a change in this transaction; None if there is none. Locks as `steering.locked` does."""
    with ledger():
        rows = Connection.objects.defer("credentials", "token").select_for_update()
        return rows.filter(pk=connection_id).first()


def create(row: Connection, credentials: Mapping[str, str], customer: Customer, *, actor: Actor, now: datetime) -> None:
    """Saves a new connection that has no `faults`. Raises CannotBeDone if the name is taken."""
    try:
        with transaction.atomic():
            connections.replace_credentials(row, credentials, customer, now=now)
    except IntegrityError:
        raise CannotBeDone(f"There is a connection {row.name} already.") from None
    detail = {name: getattr(row, name) for name in ("system", "environment", "base_url", "options")}
    _record(row, "created", actor, {**detail, "credentials": sorted(credentials)})


def change(
    row: Connection,
    changes: Mapping[str, Any],
    credentials: Mapping[str, str] | None,
    customer: Customer,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Changes members of a stored connection, and its credentials if they are given (all of them).

    Raises CannotBeDone if the name is taken.
    """
    before = {name: getattr(row, name) for name in changes if getattr(row, name) != changes[name]}
    after = {name: changes[name] for name in before}
    tenant = row.options.get("servicetitan_tenant_id")
    for name, value in after.items():
        setattr(row, name, value)
    if after:
        _save(row)
        _record(row, "changed", actor, {"before": _short(before), "after": _short(after)})
    if row.options.get("servicetitan_tenant_id") != tenant:  # the new one is not proven yet
        servicetitan_tenants.forget(connection_id=row.pk, customer_id=customer.pk)
    stored = reveal(row.credentials) or {}
    if credentials is not None and dict(credentials) != stored:
        names = {name for name in {*stored, *credentials} if stored.get(name) != credentials.get(name)}
        connections.replace_credentials(row, credentials, customer, now=now)
        _record(row, "credentials-changed", actor, dict.fromkeys(sorted(names), "changed"))


def remove(row: Connection, customer: Customer, *, actor: Actor) -> None:
    """Removes a connection with its credentials. Raises CannotBeDone while a flow uses it."""
    users = Sync.objects.filter(source=row) | Sync.objects.filter(target=row)
    if flows := list(users.values_list("flow", flat=True)):
        raise CannotBeDone(f"Flows use this connection: {', '.join(flows)}.")
    servicetitan_tenants.forget(connection_id=row.pk, customer_id=customer.pk)
    servicetitan_tenants.forget_address(connection_id=row.pk, customer_id=customer.pk)
    _record(row, "removed", actor, {"system": row.system, "environment": row.environment})
    row.delete()


def _save(row: Connection) -> None:
    connections.forget_token(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise CannotBeDone(f"There is a connection {row.name} already.") from None


def _settings(row: Connection, credentials: Mapping[str, str]) -> ConnectionSettings:
    return connections.complete(
        ConnectionSettings(
            id="",
            system=row.system,
            environment=cast(Environment, row.environment),
            base_url=row.base_url,
            options=row.options,
            credentials=credentials,
        )
    )


def _place(name: str, credentials: Collection[str]) -> str:
    if name in ("base_url", "environment"):
        return name
    return f"credentials/{name}" if name in credentials else f"options/{name}"


def _kinds(options: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Fault]:
    """Options are texts, numbers and flags; what a number may be is for the system to say."""
    for name, value in options.items():
        default = known.get(name)
        flag = isinstance(value, bool)
        if name not in known:
            yield f"options/{name}", f"There is no option {name[:60]}; there are {', '.join(known)}."
        elif isinstance(default, bool) and not flag:
            yield f"options/{name}", "This is true or false."
        elif isinstance(default, str) and not isinstance(value, str | int):
            yield f"options/{name}", "This is a text."
        elif not isinstance(default, bool) and (flag or not isinstance(value, str | int | float)):
            yield f"options/{name}", "This is a text or a number."


def _staff_only(row: Connection, before: Connection | None, names: Collection[str]) -> Iterator[Fault]:
    for name in ADDRESSES:
        place = name if name == "base_url" else f"options/{name}"
        if name in names and _address(row, name) != (_address(before, name) if before else ""):
            yield place, "Only the hosting team may set this address."


def _address(row: Connection, name: str) -> str:
    return str(row.base_url if name == "base_url" else row.options.get(name) or "")


def _addresses(row: Connection) -> list[Any]:
    found: list[Any] = [row.environment]
    for name in ADDRESSES:
        address = _address(row, name)
        try:
            found.append(origin(address) if address else "")
        except IntegrationError:
            found.append(address)
    return found


def _unreachable(place: str, urls: Collection[str]) -> Iterator[Fault]:
    for url in urls:
        try:
            resolve(url, connections.policy())
        except Transient:
            continue  # a name that does not resolve just now is for the ping to tell
        except IntegrationError as error:
            yield place, error.message


def _unreadable(bundle: str) -> Iterator[Fault]:
    try:
        if bundle:
            tls_context(bundle)
    except IntegrationError as error:
        yield "ca_bundle", error.message


def _short(members: Mapping[str, Any]) -> dict[str, Any]:
    """Without the text of certificates, which says nothing to anybody."""
    return {name: "changed" if name == "ca_bundle" else value for name, value in members.items()}


def _record(row: Connection, verb: str, actor: Actor, detail: Mapping[str, Any]) -> None:
    record(actor=actor, action=f"connection.{verb}", subject=row.name, subject_id=str(row.pk), detail=detail)
