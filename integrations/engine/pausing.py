"""Pauses what cannot go on before a person acts: a connection, or one flow. In a ledger transaction."""

from __future__ import annotations

from uuid import UUID

from integrations import outgoing
from integrations.audit import PLATFORM, record
from integrations.engine import telling
from integrations.errors import BadCredentials, IntegrationError, NotAuthorised
from integrations.models import Connection, Sync


def pause_for(error: IntegrationError, sync: Sync, account: Connection) -> None:
    """Refused credentials pause the connection; a missing scope or arrangement pauses only this flow.

    Credentials that were replaced since they were read are not judged, and a pause by a person stays as it is.
    """
    told = {"pause_code": error.code[:40], "pause_reason": error.message}
    if isinstance(error, BadCredentials):
        account.state = Connection.State.PAUSED
        same = Connection.objects.filter(pk=account.pk, credentials_changed_at=account.credentials_changed_at)
        if same.exclude(state=account.state).update(state=account.state, **told):
            _paused("connection", account.name, account.pk, told)
            outgoing.connection_broken(account.pk, account.name, code=error.code, reason=error.message)
    elif isinstance(error, NotAuthorised):
        sync.state = Sync.State.PAUSED
        if Sync.objects.filter(pk=sync.pk).exclude(state=sync.state).update(state=sync.state, **told):
            _paused("sync", sync.flow, sync.pk, told)
            telling.paused(sync, error.code, error.message)


def _paused(what: str, name: str, key: UUID, told: dict[str, str]) -> None:
    detail = {"code": told["pause_code"], "reason": told["pause_reason"]}
    record(actor=PLATFORM, action=f"{what}.paused", subject=name, subject_id=str(key), detail=detail)
