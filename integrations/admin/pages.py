"""Tables that are looked at, and the few deeds on them: links, events, alerts, the audit."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from integrations import catalogue, desk, inbound
from integrations.admin.doing import Answer, Deed, Desk, actor, customer, said
from integrations.admin.lists import OfNewest, ReadOnly
from integrations.admin.site import customer_site
from integrations.alerting.acknowledging import acknowledge
from integrations.models import Alert, Attempt, AuditEvent, InboundEvent, Link, Reference, Run, Step
from integrations.timeline import pretty
from tenants.models import Role


class FlowFilter(admin.SimpleListFilter):
    """By flow; which flows there are is known without asking the rows."""

    title = parameter_name = "flow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All flows."""
        return [(name, name) for name in sorted(catalogue.flows())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of this flow."""
        return queryset.filter(flow=self.value()) if self.value() else queryset


@admin.register(Run, site=customer_site)
class RunPage(Desk):
    """Polls, and whether what they read adds up."""

    list_display: ClassVar = (
        "started_at", "sync", "state", "read", "unchanged", "written", "skipped", "quarantined", "still_open",
    )  # fmt: skip
    list_filter: ClassVar = (("state", OfNewest), ("sync", OfNewest))
    list_select_related: ClassVar = ("sync",)
    ordering: ClassVar = ("-id",)
    template = "admin/desk/run.html"

    @admin.display(description="open")
    def still_open(self, run: Run) -> int:
        """What has not come to an end."""
        return run.open


@admin.register(Step, site=customer_site)
class StepPage(ReadOnly):
    """Writes."""

    list_display: ClassVar = ("delivery", "position", "action", "state", "target_key", "done_at")
    list_filter: ClassVar = (("state", OfNewest),)
    search_fields: ClassVar = ("marker",)
    exactly: ClassVar = ("marker", "delivery__source_key")
    list_select_related: ClassVar = ("delivery",)
    ordering: ClassVar = ("-id",)


@admin.register(Attempt, site=customer_site)
class AttemptPage(ReadOnly):
    """Exchanges."""

    list_display: ClassVar = ("step", "kind", "outcome", "resolution", "status", "code", "intended_at")
    list_filter: ClassVar = (("kind", OfNewest), ("outcome", OfNewest))
    search_fields: ClassVar = ("step__delivery__source_key",)
    exactly: ClassVar = ("step__delivery__source_key",)
    list_select_related: ClassVar = ("step",)
    ordering: ClassVar = ("-id",)


@admin.register(Link, site=customer_site)
class LinkPage(Desk):
    """The crosswalk."""

    list_display: ClassVar = ("source_key", "flow", "target_key", "generation", "origin", "linked_at")
    list_filter: ClassVar = (FlowFilter, "origin")
    search_fields: ClassVar = ("source_key",)
    ordering: ClassVar = ("flow", "source_key")
    template = "admin/desk/link.html"
    deeds: ClassVar = {"relink": Deed(Role.OWNER), "unlink": Deed(Role.OWNER), "make-anew": Deed(Role.OWNER)}

    def found(self, term: str) -> list[Any]:
        """By either key, flow by flow, as the indexes are."""
        flows = list(catalogue.flows())
        rows = (
            Link.objects.filter(flow__in=flows, source_key=term),
            Link.objects.filter(flow__in=flows, target_key=term),
        )
        return [pk for found in rows for pk in found.order_by().values_list("pk", flat=True)[:50]]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        """See `found`."""
        term = search_term.strip()
        return (queryset.filter(pk__in=self.found(term)) if term else queryset), False

    def shown(self, request: HttpRequest, row: Link) -> dict[str, Any]:
        """What was read back after the last write."""
        return {"observed": pretty(row.observed), "lines": pretty(row.lines)}

    def relink(self, request: HttpRequest, row: Link) -> Answer:
        """Points it elsewhere."""
        target = said(request, "target_key", most=120, what="The other record's key")
        reason = said(request, "reason")
        desk.relink(row, target, customer(request), reason=reason, actor=actor(request), now=timezone.now())
        return f"Linked to {target}."

    def unlink(self, request: HttpRequest, row: Link) -> Answer:
        """Takes it apart."""
        now = timezone.now()
        desk.take_apart(row, customer(request), reason=said(request, "reason"), actor=actor(request), now=now)
        return "Unlinked. Nothing is made for the record before somebody says what is to be."

    def make_anew(self, request: HttpRequest, row: Link) -> Answer:
        """Lets it be made again."""
        now = timezone.now()
        desk.let_make_anew(row, customer(request), reason=said(request, "reason"), actor=actor(request), now=now)
        return "It is made anew with its next delivery, which is due now."


@admin.register(Reference, site=customer_site)
class ReferencePage(ReadOnly):
    """Cached reference data."""

    list_display: ClassVar = ("key", "kind", "name", "connection", "refreshed_at")
    list_filter: ClassVar = ("connection",)
    search_fields: ClassVar = ("key",)
    search_help_text = "The beginning of a key or of a name"
    prefixes: ClassVar = ("key", "name")
    list_select_related: ClassVar = ("connection",)
    ordering: ClassVar = ("id",)


@admin.register(InboundEvent, site=customer_site)
class InboundEventPage(Desk):
    """Webhook calls."""

    list_display: ClassVar = ("received_at", "type", "object_number", "state", "code", "woken")
    list_filter: ClassVar = ("state",)
    search_fields: ClassVar = ("object_number",)
    exactly: ClassVar = ("object_number",)
    ordering: ClassVar = ("-received_at", "-id")
    template = "admin/desk/event.html"
    deeds: ClassVar = {"replay": Deed()}

    def replay(self, request: HttpRequest, row: InboundEvent) -> Answer:
        """Has its object read again."""
        inbound.replay_event(row, actor=actor(request))
        return "Its object is read again ahead of everything else."


@admin.register(Alert, site=customer_site)
class AlertPage(Desk):
    """What is wrong now, and what was."""

    list_display: ClassVar = ("subject", "kind", "state", "count", "first_seen_at", "recovered_at", "acknowledged_by")
    list_filter: ClassVar = ("state",)
    ordering: ClassVar = ("-first_seen_at", "id")
    template = "admin/desk/alert.html"
    deeds: ClassVar = {"acknowledge": Deed()}

    def acknowledge(self, request: HttpRequest, row: Alert) -> Answer:
        """Somebody takes care."""
        acknowledge(row, actor=actor(request), now=timezone.now())
        return "Noted: it ends when its cause does."


@admin.register(AuditEvent, site=customer_site)
class AuditEventPage(ReadOnly):
    """Who did what; nobody changes it."""

    list_display: ClassVar = ("at", "actor_label", "action", "subject", "sequence")
    search_fields: ClassVar = ("subject_id",)
    exactly: ClassVar = ("actor_id", "subject_id")
    search_help_text = "The id of what something was done to, or of who did it"
    ordering: ClassVar = ("-sequence",)
