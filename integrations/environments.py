"""The wall between sandbox and production: environments are declared, checked, and never mixed in one flow.

ServiceTitan's own hosts tell their environment (its settings refuse the other one). An SAP address tells none, so one
system (host and client number) cannot be declared twice in different ways, and a connection may name the company codes
that its system must have. All of it is looked at again at each ping.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from integrations.audit import Actor, record
from integrations.connection import Check
from integrations.errors import IntegrationError
from integrations.guard import origin
from integrations.models import Connection, Sync
from integrations.refusals import Fault

WALL = "wall:"
"""Begins the pause code of a flow that the wall holds back."""
MIXED, OTHER_SYSTEM = f"{WALL}mixed", f"{WALL}other-system"


def mixed(source: Connection, target: Connection) -> str:
    """Why these two are no pair, in one sentence; "" if they are one."""
    if source.environment == target.environment:
        return ""
    return f"{source.name} is {source.environment} and {target.name} is {target.environment}: they never mix."


def declared_otherwise(row: Connection) -> list[Fault]:
    """Whether the customer has declared the same system to be of the other environment, in another connection."""
    others = Connection.objects.filter(system=row.system).exclude(pk=row.pk).exclude(environment=row.environment)
    same = [other for other in others.defer("credentials", "token") if _identity(other) == _identity(row)]
    sentence = "{} is declared {} already, by the connection {}: one system is never both."
    return [("environment", sentence.format(_told(row), other.environment, other.name)) for other in same]


def recheck(row: Connection, checks: Iterable[Check], actor: Actor) -> list[Check]:
    """More lines for a ping. Pauses flows that stand across the wall, and lets go on what no longer does.

    To be called in a transaction. What could not be asked changes nothing.
    """
    codes = {check.code: check.ok for check in checks}
    found = [Check("Environment", ok=False, detail=text, fix=_FIX, code=MIXED) for _, text in declared_otherwise(row)]
    for sync in _syncs_of(row):
        if sentence := mixed(sync.source, sync.target):
            fix = f"Switch {sync.flow} off, and on again between two connections of one environment."
            found.append(Check("Environment", ok=False, detail=f"{sync.flow}: {sentence}", fix=fix, code=MIXED))
            _pause(sync, MIXED, sentence, actor)
        elif codes.get("company-codes") is False:
            _pause(sync, OTHER_SYSTEM, f"{row.name} may be another system than the one that was meant.", actor)
        elif codes.get("company-codes") or (sync.pause_code == MIXED and not found):
            _let_go(sync, actor)
    return found


_FIX = "Look up at SAP which system this address is, and remove the connection that is wrong."


def _syncs_of(row: Connection) -> QuerySet[Sync]:
    rows = Sync.objects.filter(source=row) | Sync.objects.filter(target=row)
    hidden = [f"{end}__{name}" for end in ("source", "target") for name in ("credentials", "token")]
    return rows.select_related("source", "target").defer(*hidden)


def _pause(sync: Sync, code: str, reason: str, actor: Actor) -> None:
    if sync.state == Sync.State.PAUSED:
        return
    Sync.objects.filter(pk=sync.pk).update(state=Sync.State.PAUSED, pause_code=code, pause_reason=reason)
    detail = {"code": code, "reason": reason}
    record(actor=actor, action="sync.paused", subject=sync.flow, subject_id=str(sync.pk), detail=detail)


def _let_go(sync: Sync, actor: Actor) -> None:
    if sync.state != Sync.State.PAUSED or not sync.pause_code.startswith(WALL):
        return
    Sync.objects.filter(pk=sync.pk).update(state=Sync.State.ACTIVE, pause_code="", pause_reason="")
    detail = {"code": sync.pause_code, "reason": sync.pause_reason}
    record(actor=actor, action="sync.resumed", subject=sync.flow, subject_id=str(sync.pk), detail=detail)


def _identity(row: Connection) -> tuple[object, str]:
    """What makes two connections lead to one system: of SAP the client number as well, of ServiceTitan the tenant.

    Without an address of its own, a connection stands at the vendor's host for its environment.
    """
    try:
        where: object = origin(row.base_url) if row.base_url else row.environment
    except IntegrationError:
        where = row.base_url
    own = row.options.get("sap_client_number") or row.options.get("servicetitan_tenant_id") or ""
    return (where, str(own))


def _told(row: Connection) -> str:
    number = row.options.get("sap_client_number")
    return f"{row.base_url or row.system}{f' (client {number})' if number else ''}"
