"""Connections and syncs: looked at, pinged, paused, resumed, run, read anew; secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from integrations import connections, desk, freshness, setting_up, steering
from integrations.admin.doing import Answer, Deed, Desk, actor, customer, said
from integrations.admin.site import customer_site
from integrations.fields import reveal
from integrations.keyring import KeyMissing
from integrations.models import Connection, Run, Sync
from integrations.refusals import CannotBeDone, WrongMembers
from tenants.models import Role


@admin.register(Connection, site=customer_site)
class ConnectionPage(Desk):
    """Accounts at the systems."""

    list_display: ClassVar = ("name", "system", "environment", "state", "pause_code", "checked_at")
    list_filter: ClassVar = ("environment", "state")
    ordering: ClassVar = ("name", "id")
    search_fields: ClassVar = ("name", "base_url")
    template = "admin/desk/connection.html"
    deeds: ClassVar = {
        "ping": Deed(calls_out=True),
        "credentials": Deed(Role.OWNER, calls_out=True),
        "pause": Deed(),
        "resume": Deed(),
    }

    def shown(self, request: HttpRequest, row: Connection) -> dict[str, Any]:
        """What the last ping found, which secrets there are (by name), and who uses it."""
        system = connections.system_of(row.system)
        stored = Connection.objects.get(pk=row.pk)
        try:
            known = set(reveal(stored.credentials) or {})
        except KeyMissing:
            known = set()
            messages.error(request, "The stored credentials cannot be read: enter them again.")
        users = Sync.objects.filter(source=row) | Sync.objects.filter(target=row)
        return {
            "checks": row.capabilities.get("checks", []),
            "secrets": [(name, name in known) for name in sorted({*system.CREDENTIALS, *known})],
            "options": connections.effective_options(row),
            "syncs": users.order_by("flow"),
            "used": connections.used(row),
        }

    def ping(self, request: HttpRequest, row: Connection) -> Answer:
        """Asks the live system what may be done."""
        checks = connections.ping(row, customer(request), actor=actor(request))
        bad = sum(not check.ok for check in checks)
        if bad:
            raise CannotBeDone(f"{bad} of {len(checks)} checks failed; each says below what to do.")
        return f"All {len(checks)} checks are fine."

    def credentials(self, request: HttpRequest, row: Connection) -> Answer:
        """Replaces the secrets that were filled in; the others stay."""
        posted = [(name, str(value)) for name, value in request.POST.items() if _is_secret(name, value)]
        given = {name.removeprefix("secret-"): value for name, value in posted}
        if not given:
            raise CannotBeDone("Nothing was filled in: nothing was changed.")
        stored = Connection.objects.get(pk=row.pk)
        try:
            before: Mapping[str, str] = reveal(stored.credentials) or {}
        except KeyMissing:
            before = {}
        wanted = {**before, **given}
        if faults := setting_up.faults(copy(row), wanted, before=row):
            raise WrongMembers(faults)
        with transaction.atomic():
            locked = setting_up.locked(row.pk)
            if locked is None:
                raise CannotBeDone("This connection was removed meanwhile.")
            setting_up.change(locked, {}, wanted, customer(request), actor=actor(request), now=timezone.now())
        return f"Changed: {', '.join(sorted(given))}. Ping it now."

    def pause(self, request: HttpRequest, row: Connection) -> Answer:
        """Nothing is called any more: its syncs are paused, each in its own right."""
        reason = said(request, "reason")
        paused = steering.pause_all(row, reason=reason, actor=actor(request))
        return f"Paused {paused} flows that use {row.name}."

    def resume(self, request: HttpRequest, row: Connection) -> Answer:
        """Its syncs go on."""
        resumed = steering.resume_all(row, customer(request), actor=actor(request), now=timezone.now())
        left = " The connection itself goes on once a ping is answered." if row.state == "paused" else ""
        return f"Resumed {resumed} flows.{left}"


@admin.register(Sync, site=customer_site)
class SyncPage(Desk):
    """Flows that are switched on."""

    list_display: ClassVar = ("flow", "source", "target", "enabled", "state", "pause_code", "polled_at", "fresh_at")
    list_filter: ClassVar = ("state",)
    ordering: ClassVar = ("flow",)
    search_fields: ClassVar = ("flow",)
    list_select_related: ClassVar = ("source", "target")
    template = "admin/desk/sync.html"
    deeds: ClassVar = {
        "pause": Deed(),
        "resume": Deed(),
        "run": Deed(),
        "reset-preview": Deed(Role.OWNER),
        "reset": Deed(Role.OWNER),
        "compare": Deed(),
    }

    def shown(self, request: HttpRequest, row: Sync) -> dict[str, Any]:
        """How fresh it is, why it rests, and its last runs."""
        fresh = freshness.freshness(customer(request), now=timezone.now())
        return {
            "fresh": next((one for one in fresh if one.sync.pk == row.pk), None),
            "why": steering.why_not_running(row),
            "runs": Run.objects.filter(sync=row).order_by("-started_at")[:10],
        }

    def pause(self, request: HttpRequest, row: Sync) -> Answer:
        """After the batch that is under way."""
        steering.pause(row, reason=said(request, "reason"), actor=actor(request))
        return "Paused: nothing is read or written after the batch that is under way."

    def resume(self, request: HttpRequest, row: Sync) -> Answer:
        """Whatever paused it."""
        steering.resume(row, customer(request), actor=actor(request), now=timezone.now())
        return "Resumed: the next worker that is free looks for changes."

    def run(self, request: HttpRequest, row: Sync) -> Answer:
        """Now."""
        steering.run_now(row, customer(request), actor=actor(request), now=timezone.now())
        return "The next worker that is free looks for changes."

    def reset_preview(self, request: HttpRequest, row: Sync) -> Answer:
        """What reading everything again would mean."""
        return self.page(request, row, restart=steering.preview_restart(row))

    def reset(self, request: HttpRequest, row: Sync) -> Answer:
        """Reads everything again."""
        reason = said(request, "reason")
        steering.restart(row, customer(request), reason=reason, actor=actor(request), now=timezone.now())
        return "Everything is read again, and what is known is recognised: nothing is doubled."

    def compare(self, request: HttpRequest, row: Sync) -> Answer:
        """Both books."""
        report = desk.start_comparison(row, customer(request), actor=actor(request), now=timezone.now())
        return f"The comparison of {report.sync.flow} has begun: see the reconcile reports."


def _is_secret(name: str, value: Any) -> bool:
    return name.startswith("secret-") and bool(str(value)) and len(name) < 80
