"""Before a flow runs and as it begins to: what it would do, what is still in its way, and switching it on.

To be called in the customer's schema. What asks a remote system runs in no transaction; the rest runs in the caller's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal

from django.db import transaction

from integrations import catalogue, setting_up, steering, value_maps
from integrations.audit import Actor, record
from integrations.connections import effective_options
from integrations.engine.planning import Directory
from integrations.engine.rehearsing import Rehearsed, rehearse
from integrations.models import AuditEvent, Connection, FitReport, Progress, Sync
from integrations.refusals import CannotBeDone, WrongMembers
from integrations.running import comparison_of
from tenants.models import Customer

DEFAULT_SCHEDULE = {"every": "5m"}
CUT_OFF = "history_from"
"""The option of a connection by which old documents are left out."""
MOST_PREVIEWED = 10
STALE = timedelta(days=7)
"""A ping or a preview that is older says little."""

State = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at before a flow goes live. `bad` keeps it from going live, `warn` does not.

    `kind`: connection, pair, fit, maps, needs, preview; `code` says what was found, `facts` about what.
    """

    kind: str
    code: str
    state: State
    facts: Mapping[str, Any]


def of(flow: str) -> Sync:
    """The flow's sync; one that is not switched on yet is not saved, and has the customer's only connections."""
    stored = Sync.objects.select_related("source", "target").filter(flow=flow).defer(*steering.HIDDEN).first()
    if stored is not None:
        return stored
    sync = Sync(flow=flow, schedule=DEFAULT_SCHEDULE, enabled=False)
    for end in ("source", "target"):
        rows = ends(flow, end)
        if len(rows) == 1:
            setattr(sync, end, rows[0])
    return sync


def ends(flow: str, end: str) -> list[Connection]:
    """The connections that could be one end of a flow."""
    system = getattr(catalogue.flows()[flow], f"{end}_system")
    return list(Connection.objects.filter(system=system).defer("credentials", "token").order_by("name"))


def connected(sync: Sync) -> bool:
    """Whether both connections are known."""
    return sync.source_id is not None and sync.target_id is not None


def version_of(sync: Sync) -> str:
    """What changes whenever somebody changes the settings."""
    told = [str(sync.source_id), str(sync.target_id), sync.schedule, sync.options, sync._state.adding]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def save_settings(
    flow: str,
    customer: Customer,
    *,
    source: Connection | None,
    target: Connection | None,
    members: Mapping[str, Any],
    version: str,
    actor: Actor,
    now: datetime,
) -> Sync:
    """Saves `schedule` and `options` of a flow; one that nobody has set up yet is kept switched off until it goes live.

    Raises WrongMembers, and CannotBeDone if somebody else has changed it meanwhile.
    """
    sync = steering.locked(flow)
    if version_of(sync or of(flow)) != version:
        raise CannotBeDone("Somebody else has changed these settings meanwhile. Look at them again.")
    wanted = {**members, "enabled": sync.enabled if sync else False}
    if faults := steering.faults(flow, sync.source if sync else source, sync.target if sync else target, wanted):
        raise WrongMembers(faults)
    if sync is None:
        sync = Sync(flow=flow, source=source, target=target, **wanted)
        return steering.switch_on(sync, customer, actor=actor, now=now)
    steering.change(sync, customer, members, actor=actor, now=now)
    return sync


def checklist(sync: Sync, *, now: datetime) -> list[Check]:
    """What stands in the way of a flow, and what should be looked at. A handful of statements."""
    if not connected(sync):
        missing = [end for end in ("source", "target") if getattr(sync, f"{end}_id") is None]
        systems = [getattr(catalogue.flows()[sync.flow], f"{end}_system") for end in missing]
        return [Check("connection", "missing", "bad", {"system": system}) for system in systems]
    found = [_connection(account, now) for account in (sync.source, sync.target)]
    if sync.source.environment != sync.target.environment:
        found.append(Check("pair", "mixed", "bad", {}))
    return [*found, _fit(sync), *_needs(sync), *_maps(sync), _previewed(sync, now)]


def preview(sync: Sync, *, actor: Actor) -> list[Rehearsed]:
    """What would become of some records of the source, against the live target. Both are asked; nothing is written.

    That it was looked at stands in the audit. Raises the systems' errors.
    """
    work = comparison_of(sync)
    try:
        changes = [
            change
            for page in islice(work.flow.reader.pages(work.source, {}, overlap=0.0), 1)
            for change in page.changes[:MOST_PREVIEWED]
        ]
        found = rehearse(work, changes, Directory(work), {}) if changes and work.flow.delivers(work.options) else []
    finally:
        work.close()
    outcomes: dict[str, int] = {}
    for one in found:
        outcomes[one.outcome] = outcomes.get(one.outcome, 0) + 1
    with transaction.atomic():
        detail = {"outcomes": outcomes, "version": version_of(sync)}
        record(actor=actor, action="flow.previewed", subject=sync.flow, subject_id=_subject(sync), detail=detail)
    return found


def go_live(sync: Sync, customer: Customer, *, actor: Actor, now: datetime) -> None:
    """Switches the flow on: it is read at once, or at its local time. Raises CannotBeDone, WrongMembers."""
    if any(check.state == "bad" for check in checklist(sync, now=now)):
        raise CannotBeDone("Something is in the way: see the list.")
    members = {"schedule": sync.schedule, "options": sync.options, "enabled": True}
    if faults := steering.faults(sync.flow, sync.source, sync.target, members):
        raise WrongMembers(faults)
    if sync._state.adding:
        sync.enabled = True
        steering.switch_on(sync, customer, actor=actor, now=now)
    else:
        steering.change(sync, customer, {"enabled": True}, actor=actor, now=now)


def switch_off(sync: Sync, customer: Customer, *, actor: Actor, now: datetime) -> None:
    """Nothing is read or written any more until it goes live again; what is known stays."""
    steering.change(sync, customer, {"enabled": False}, actor=actor, now=now)


def cut_off(sync: Sync) -> str | None:
    """From which day on documents are read ("" for all of them); None where the source takes no such day."""
    options = effective_options(sync.source) if sync.source_id else {}
    return str(options[CUT_OFF] or "") if CUT_OFF in options else None


def set_cut_off(sync: Sync, day: str, customer: Customer, *, actor: Actor, now: datetime) -> None:
    """From now on full reads leave out what is older, for all flows of this connection."""
    row = setting_up.locked(sync.source.pk)
    if row is None:
        raise CannotBeDone("This connection is not there any more.")
    options = {name: value for name, value in row.options.items() if name != CUT_OFF}
    wanted = {**options, CUT_OFF: day} if day else options
    setting_up.change(row, {"options": wanted}, None, customer, actor=actor, now=now)


def _connection(account: Connection, now: datetime) -> Check:
    facts = {"name": account.name, "reason": account.pause_reason, "at": account.checked_at}
    if account.state == Connection.State.PAUSED:
        return Check("connection", "paused", "bad", facts)
    if account.checked_at is None:
        return Check("connection", "never-pinged", "warn", facts)
    is_old = account.checked_at < now - STALE
    return Check("connection", "pinged-long-ago" if is_old else "healthy", "warn" if is_old else "good", facts)


def _fit(sync: Sync) -> Check:
    pair = {account.system: account.pk for account in (sync.source, sync.target)}
    report = FitReport.objects.filter(**pair, state=Progress.FINISHED).only("verdict", "finished_at").first()
    if report is None:
        return Check("fit", "none", "warn", {})
    good = report.verdict == FitReport.Verdict.FITS
    return Check("fit", report.verdict, "good" if good else "warn", {"at": report.finished_at})


def _needs(sync: Sync) -> list[Check]:
    needs = catalogue.flows()[sync.flow].needs
    live = set(Sync.objects.filter(flow__in=needs, enabled=True).values_list("flow", flat=True))
    return [
        Check("needs", "live" if name in live else "off", "good" if name in live else "warn", {"flow": name})
        for name in needs
    ]


def _maps(sync: Sync) -> list[Check]:
    asked = [row for row in value_maps.listed() if row.name in catalogue.flows()[sync.flow].maps]
    lacking = [row for row in asked if row.missing or row.vanished]
    if not lacking:
        return [Check("maps", "complete", "good", {})] if asked else []
    facts = ({"map": row.name, "missing": row.missing, "vanished": row.vanished} for row in lacking)
    return [Check("maps", "missing", "warn", each) for each in facts]


def _previewed(sync: Sync, now: datetime) -> Check:
    looks = AuditEvent.objects.filter(subject_id=_subject(sync), action="flow.previewed", at__gte=now - STALE)
    last = looks.order_by("-sequence").first()
    if last is None:
        return Check("preview", "none", "warn", {})
    same = last.detail.get("version") == version_of(sync)
    facts = {"at": last.at, "by": last.actor_label}
    return Check("preview", "looked-at" if same else "before-settings", "good" if same else "warn", facts)


def _subject(sync: Sync) -> str:
    return f"flow:{sync.flow}"


def recent_runs(sync: Sync, *, most: int = 10) -> Sequence[Any]:
    """The last runs, the newest first."""
    return [] if sync._state.adding else list(sync.runs.order_by("-started_at")[:most])
