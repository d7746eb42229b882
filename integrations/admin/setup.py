"""Connections and syncs: looked at, pinged, paused, resumed, run, read anew; secrets go in and never come out."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone

from integrations import catalogue, connections, desk, freshness, steering
from integrations.admin import accounts
from integrations.admin.doing import (
    Answer,
    Deed,
    Desk,
    actor,
    carry_out,
    customer,
    desk_page,
    link_to,
    require,
    said,
)
from integrations.admin.site import customer_site
from integrations.keyring import KeyMissing
from integrations.models import Connection, Run, Sync
from integrations.refusals import CannotBeDone
from tenants.models import Role


@admin.register(Connection, site=customer_site)
class ConnectionPage(Desk):
    """Accounts at the systems."""

    list_display: ClassVar = ("name", "system", "environment", "state", "pause_code", "checked_at")
    list_filter: ClassVar = ("environment", "state")
    ordering: ClassVar = ("name", "id")
    search_fields: ClassVar = ("name", "base_url")
    list_before_template = "admin/desk/connections_before.html"
    template = "admin/desk/connection.html"
    deeds: ClassVar = {
        "ping": Deed(calls_out=True),
        "credentials": Deed(Role.OWNER, calls_out=True),
        "pause": Deed(),
        "resume": Deed(),
    }

    def get_urls(self) -> list[Any]:
        """And forms for a new one, and for changes."""
        view = self.admin_site.admin_view
        return [
            path("new/", view(self.new), name="integrations_connection_new"),
            path("<path:object_id>/edit/", view(self.edit), name="integrations_connection_edit"),
            *super().get_urls(),
        ]

    def shown(self, request: HttpRequest, row: Connection) -> dict[str, Any]:
        """What the last ping found, which secrets there are (by name), and who uses it."""
        system = connections.system_of(row.system)
        known = self.known(request, row)
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
        return f"Changed: {', '.join(accounts.replace_secrets(request, row))}. Ping it now."

    def pause(self, request: HttpRequest, row: Connection) -> Answer:
        """Nothing is called any more."""
        steering.pause_connection(row, reason=said(request, "reason"), actor=actor(request))
        return f"Paused: nothing is asked of {row.name} after the batch that is under way."

    def resume(self, request: HttpRequest, row: Connection) -> Answer:
        """What uses it goes on."""
        steering.resume_connection(row, customer(request), actor=actor(request), now=timezone.now())
        return f"{row.name} is asked again; what uses it is looked at now."

    def new(self, request: HttpRequest) -> HttpResponse:
        """A form for another one."""
        require(request, Role.OWNER)
        back = reverse("admin:integrations_connection_changelist")
        if request.method == "POST":
            done = carry_out(request, lambda: redirect(link_to(accounts.create(request))), request.path, calls_out=True)
            if done["Location"] != request.path:
                return done
        systems = sorted(catalogue.systems())
        wanted = request.POST.get("system") or request.GET.get("system", "")
        row = Connection(system=wanted if wanted in systems else systems[0])
        shown = {"systems": systems, "title": "Add a connection", "back": back}
        return self._form(request, row, set(), shown)

    def edit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A form with everything that can be changed."""
        require(request, Role.OWNER)
        row = self.row(request, object_id)
        if request.method == "POST":
            done = carry_out(request, lambda: self._changed(request, row), request.path, calls_out=True)
            if done["Location"] != request.path:
                return done
        shown = {"row": row, "title": f"Change {row.name}", "back": link_to(row)}
        return self._form(request, row, self.known(request, row), shown)

    def known(self, request: HttpRequest, row: Connection) -> set[str]:
        """Names of the secrets that are stored."""
        try:
            return set(accounts.secrets_of(row))
        except KeyMissing:
            messages.error(request, "The stored credentials cannot be read: enter them again.")
            return set()

    def _changed(self, request: HttpRequest, row: Connection) -> Answer:
        changed = accounts.change(request, row)
        messages.success(request, f"Changed: {', '.join(changed)}. Ping it now." if changed else "It is as it was.")
        return redirect(link_to(row))

    def _form(self, request: HttpRequest, row: Connection, known: set[str], shown: dict[str, Any]) -> HttpResponse:
        """What was typed stands there again, but for secrets."""
        names = sorted({*connections.system_of(row.system).CREDENTIALS, *known})
        context = {
            "system": row.system,
            "given": accounts.given(request, row),
            "fields": accounts.option_fields(request, row),
            "secrets": [(name, name in known) for name in names],
            **shown,
        }
        return desk_page(request, "admin/desk/connection_form.html", {"opts": self.model._meta, **context})


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
