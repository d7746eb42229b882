"""From a connection's row to a client that works, and back from a ping to the row.

The installation's own ServiceTitan app (ST_APP_KEY, ST_EXTERNAL_DATA_GUID) is filled in here, so that below this
module every connection looks complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from integrations import catalogue, environments
from integrations.asking import noted
from integrations.audit import PLATFORM, Actor, record
from integrations.budget import SharedBudget, Usage, usage
from integrations.connection import Check, ConnectionSettings, Environment, TokenStore
from integrations.errors import BadCredentials, IntegrationError, Misconfigured, NotAuthorised
from integrations.fields import reveal
from integrations.guard import OutgoingPolicy
from integrations.http import HttpSession, Timeouts
from integrations.keyring import KeyMissing
from integrations.models import Connection, Sync
from integrations.rates import Rate
from integrations.tenant_proof import note_proof
from integrations.tokens import PAUSED_FOR_CREDENTIALS, DatabaseTokens, PassingTokens, pause_for_credentials
from tenants import schedule, schema
from tenants.models import Customer

BURST = 5
MOST_PER_SECOND = 60
"""ServiceTitan refuses more calls of an app in a second (Developer portal, "API limits")."""

# Who somebody is, as opposed to what proves it; not blacked out in recorded exchanges, where it explains a refusal.
NAMES = frozenset({"username", "client_id"})


def system_of(name: str) -> ModuleType:
    """The system of that name. Raises Misconfigured."""
    found = catalogue.systems().get(name)
    if found is None:
        known = ", ".join(sorted(catalogue.systems()))
        raise Misconfigured(f"There is no system {name!r}; there are: {known}.", code="unknown-system")
    return cast(ModuleType, found)


def settings_of(row: Connection, *, read_only: bool = False) -> ConnectionSettings:
    """The row as plain data, with the installation's defaults. Raises Misconfigured for unreadable credentials."""
    return complete(
        ConnectionSettings(
            id=str(row.pk),
            system=row.system,
            environment=cast(Environment, row.environment),
            base_url=row.base_url,
            options={**row.options, "read_only": True} if read_only else row.options,
            capabilities=row.capabilities,
            ca_bundle=row.ca_bundle,
            credentials=_credentials(row),
        )
    )


def _credentials(row: Connection) -> dict[str, str]:
    try:
        return reveal(row.credentials) or {}
    except KeyMissing as error:
        raise Misconfigured(str(error), code="key-missing") from None


def complete(given: ConnectionSettings) -> ConnectionSettings:
    """Fills in what the installation has where the connection names none: its own app, and where the sandbox stands.

    An app of one's own brings its own GUID.
    """
    system = system_of(given.system)
    if "app_key" not in system.CREDENTIALS:
        return given
    given = _at_the_sandbox(given)
    if given.credentials.get("app_key"):
        return given
    options, credentials = dict(given.options), dict(given.credentials)
    if settings.ST_APP_KEY:
        credentials["app_key"] = settings.ST_APP_KEY
    if settings.ST_EXTERNAL_DATA_GUID and not options.get("external_data_guid"):
        options["external_data_guid"] = settings.ST_EXTERNAL_DATA_GUID
    return replace(given, options=options, credentials=credentials)


def _at_the_sandbox(given: ConnectionSettings) -> ConnectionSettings:
    """A stand-in of the sandbox, for demos and tests; production always stands where its vendor has it."""
    if given.environment != "sandbox":
        return given
    token_url = given.options.get("token_url") or settings.ST_SANDBOX_SIGN_IN_URL
    options = {**given.options, **({"token_url": token_url} if token_url else {})}
    return replace(given, base_url=given.base_url or settings.ST_SANDBOX_API_URL, options=options)


def effective_options(row: Connection) -> dict[str, Any]:
    """The connection's options with the system's defaults beneath."""
    return {**system_of(row.system).OPTIONS, **row.options}


def timeouts(row: Connection) -> Timeouts:
    """How long one call to this connection can take. Above ServiceTitan's own limit of 100 seconds."""
    return Timeouts(connect=min(10.0, settings.READ_SECONDS), read=settings.READ_SECONDS)


def policy() -> OutgoingPolicy:
    """What this installation allows besides public addresses over https."""
    return OutgoingPolicy.of(settings.OUTGOING_ALLOW, plain_http=settings.OUTGOING_ALLOW_PLAIN_HTTP)


def rate_of(row: Connection) -> Rate:
    """The connection's budget: its calls per second, and no more than five at once after a pause.

    In any second at most rate + burst calls leave. Where that is near the limit that ServiceTitan counts by, calls
    are counted by the second as well.
    """
    per_second = min(float(effective_options(row)["calls_per_second"]), MOST_PER_SECOND)
    is_near = per_second + BURST > MOST_PER_SECOND - BURST
    return Rate(per_second, max(1, min(BURST, int(per_second))), MOST_PER_SECOND if is_near else 0)


def budget_of(row: Connection, *, priority: str = "schedule") -> SharedBudget:
    """The budget that this connection has over all workers. `priority`: webhook, schedule or backfill."""
    return SharedBudget(
        str(row.pk), rate_of(row), url=settings.REDIS_URL, priority=priority, workers=getattr(settings, "WORKERS", 4)
    )


def used(row: Connection) -> Usage | None:
    """What the connection used of its budget in about the last minute; None while that cannot be told."""
    return usage(str(row.pk), url=settings.REDIS_URL)


def open_client(
    row: Connection,
    *,
    read_only: bool = False,
    priority: str = "schedule",
    probing: bool = False,
    unsaved: bool = False,
    watch: Callable[[], None] | None = None,
) -> Any:
    """The system's client of this connection. `client.session.close()` ends it.

    `read_only`: any write raises, in the client and once more where it would leave. `watch` is called before each
    exchange, and may raise. `probing`: credentials are tried although they were refused before. `unsaved`: the
    row is not stored (yet) as it is, so nothing is kept in it. Raises Misconfigured for an incomplete connection,
    unreadable credentials or an address that is not allowed.
    """
    system = system_of(row.system)
    given = settings_of(row, read_only=read_only)
    session = HttpSession(
        base_url=system.base_url(given),
        policy=policy(),
        timeouts=timeouts(row),
        ca_bundle=row.ca_bundle,
        pool_size=int(effective_options(row)["side_by_side"]) + 1,  # a batch is read back while the next one is sent
        secrets=[value for name, value in given.credentials.items() if name not in NAMES],
        extra_hosts=system.extra_hosts(given),
    )
    session.told_as = (schema.current(), row.system)
    if read_only:
        session.only_reads = frozenset(system.extra_hosts(given))
    session.watch = watch
    tokens: TokenStore = DatabaseTokens(row, conceal=session.conceal, probing=probing)
    if unsaved:
        tokens = PassingTokens(session.conceal)
    return system.open_client(given, tokens=tokens, budget=budget_of(row, priority=priority), session=session)


def replace_credentials(row: Connection, credentials: Mapping[str, str], customer: Customer, *, now: datetime) -> None:
    """Stores other credentials: what was signed in with the old ones ends, and a pause because of them as well."""
    row.credentials = dict(credentials)
    row.credentials_changed_at = now
    forget_token(row)
    row.save()
    resume(row, customer, now=now)


def forget_token(row: Connection) -> None:
    """The next call signs in anew. The row has yet to be saved."""
    row.token, row.token_expires_at, row.token_renew_at = "", None, None


Asked = tuple[list[Check], Mapping[str, Any]]
"""What a system answered: its checks, and what its client has learned of it."""


def ask(row: Connection) -> Asked:
    """Asks the live system with settings and credentials that are not stored (yet); nothing is kept."""
    return _asked(row, unsaved=True)


def ping(
    row: Connection,
    customer: Customer,
    *,
    now: datetime | None = None,
    actor: Actor = PLATFORM,
    asked: Asked | None = None,
) -> list[Check]:
    """Asks the live system what this connection may do, and stores what came of it. `actor` is who asked.

    A connection that was paused because of its credentials goes on if they work now, and so do flows that were paused
    because a scope or an arrangement was missing: their next poll tells whether it still is. A ServiceTitan tenant
    id is registered for the customer once its own credentials have proven it, and no longer is once they are refused.
    Nothing is stored of a connection that was changed or removed meanwhile: what was asked is not what there is.
    `asked` is what `ask` has just been told, ahead of storing these settings.
    """
    now = now or datetime.now(UTC)
    checks, capabilities = asked or _asked(row)
    checks = list(checks)
    proven = is_signed_in(checks)
    with transaction.atomic():
        if not _is_as_asked(row):
            detail = "The connection was changed or removed while it was asked."
            return [*checks, Check("Settings", ok=False, detail=detail, fix="Ping it again.", code="changed-meanwhile")]
        checks += note_proof(row, customer, checks, proven=proven, now=now)
        checks += environments.recheck(row, checks, actor)
        row.checked_at = now
        told = [{"name": c.name, "ok": c.ok, "detail": c.detail, "fix": c.fix, "code": c.code} for c in checks]
        row.capabilities = {**capabilities, "checks": told}
        row.save(update_fields=["checked_at", "capabilities"])
    refused = next((check for check in checks if check.code == PAUSED_FOR_CREDENTIALS), None)
    if refused:
        pause_for_credentials(row, refused.detail)
    elif proven:
        resume(row, customer, now=now, actor=actor)
        resume_flows(row, customer, now=now, actor=actor)
    return checks


def _is_as_asked(row: Connection) -> bool:
    """Whether the connection is stored with the settings that were asked; it stays so until the transaction ends."""
    given = {name: getattr(row, name) for name in ("base_url", "options", "ca_bundle", "credentials_changed_at")}
    stored = Connection.objects.select_for_update().filter(pk=row.pk).values(*given).first()
    return bool(stored == given)


def is_signed_in(checks: list[Check]) -> bool:
    """Whether anything was answered with these credentials, and nothing said that they are wrong."""
    return any(check.ok for check in checks) and all(check.code != PAUSED_FOR_CREDENTIALS for check in checks)


def resume(row: Connection, customer: Customer, *, now: datetime, actor: Actor = PLATFORM) -> None:
    """Ends a pause that was there because of the credentials; the connection's syncs are due at once."""
    if row.state != Connection.State.PAUSED or row.pause_code != PAUSED_FOR_CREDENTIALS:
        return
    detail = {"code": row.pause_code, "reason": row.pause_reason}
    row.state, row.pause_code, row.pause_reason = Connection.State.OK, "", ""
    with transaction.atomic():
        row.save(update_fields=["state", "pause_code", "pause_reason"])
        record(actor=actor, action="connection.resumed", subject=row.name, subject_id=str(row.pk), detail=detail)
        _make_due(_syncs_of(row), customer, now)


def resume_flows(row: Connection, customer: Customer, *, now: datetime, actor: Actor = PLATFORM) -> None:
    """Ends the pauses of the connection's flows that a missing scope or arrangement caused; they are due at once."""
    with transaction.atomic():
        paused = [
            sync
            for sync in _syncs_of(row).filter(state=Sync.State.PAUSED)
            if sync.pause_code == NotAuthorised.default_code or sync.pause_code.startswith("scope:")
        ]
        for sync in paused:
            Sync.objects.filter(pk=sync.pk).update(state=Sync.State.ACTIVE, pause_code="", pause_reason="")
            detail = {"code": sync.pause_code, "reason": sync.pause_reason}
            record(actor=actor, action="sync.resumed", subject=sync.flow, subject_id=str(sync.pk), detail=detail)
        _make_due(paused, customer, now)


def _syncs_of(row: Connection) -> QuerySet[Sync]:
    return Sync.objects.filter(source=row) | Sync.objects.filter(target=row)


def _make_due(syncs: Iterable[Sync], customer: Customer, now: datetime) -> None:
    due = [sync.pk for sync in syncs]
    for kind in schedule.KINDS:
        schedule.make_due(customer_id=customer.pk, sync_ids=due, kind=kind, now=now)


def _asked(row: Connection, *, unsaved: bool = False) -> Asked:
    """The system's checks, and what the client learned of it on the way."""
    try:
        client = open_client(row, read_only=True, probing=True, unsaved=unsaved)
    except IntegrationError as error:
        return [Check("Settings", ok=False, detail=error.message, code=error.code)], row.capabilities
    try:
        checks = system_of(row.system).ping(client)
        return list(checks if unsaved else noted(row.pk, checks)), getattr(client, "capabilities", row.capabilities)
    except BadCredentials as error:
        return [Check("Signing in", ok=False, detail=error.message, code=error.code)], row.capabilities
    except IntegrationError as error:
        return [Check("Reaching it", ok=False, detail=error.message, code=error.code)], row.capabilities
    finally:
        client.session.close()
