"""Deliveries: found by the beginning of a key, each with its whole story and what can be done about it."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from integrations import catalogue, desk, document_index
from integrations.admin.doing import Answer, Deed, Desk, actor, carry_out, customer, desk_page, link_to, require, said
from integrations.admin.lists import MOST_FOUND
from integrations.admin.maps import fix_form
from integrations.admin.site import customer_site
from integrations.engine.grouping import FAILING, fix_for
from integrations.engine.previewing import preview
from integrations.engine.three_way import three_way
from integrations.errors import IntegrationError
from integrations.models import Delivery, Link, RecordNumber, Sync
from integrations.running import comparison_of
from integrations.timeline import pretty, timeline
from tenants.models import Role

MOST_SHOWN = 5


class CauseFilter(admin.SimpleListFilter):
    """By code, of those that hold something up now; the codes of all deliveries would have to be read from all."""

    title, parameter_name = "code", "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What is failing has an index of its own."""
        codes = Delivery.objects.filter(state__in=FAILING).order_by("code").values_list("code", flat=True).distinct()
        return [(code, code) for code in codes[:50] if code]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Deliveries with this code."""
        return queryset.filter(code=self.value()) if self.value() else queryset


@admin.register(Delivery, site=customer_site)
class DeliveryPage(Desk):
    """Record versions on their way."""

    list_display: ClassVar = ("source_key", "label", "number", "sync", "state", "code", "created_at")
    list_filter: ClassVar = ("state", "sync", CauseFilter)
    list_select_related: ClassVar = ("sync",)
    ordering: ClassVar = ("-created_at", "-id")
    search_fields: ClassVar = ("source_key",)
    search_help_text = "The beginning of the record's key or of a number in it, or the target's whole key"
    list_before_template = "admin/desk/deliveries_before.html"
    actions = ("replay_selected",)
    template = "admin/desk/delivery.html"
    deeds: ClassVar = {
        "replay": Deed(),
        "dismiss": Deed(),
        "re-read": Deed(calls_out=True),
        "preview": Deed(calls_out=True),
        "compare": Deed(Role.VIEWER, calls_out=True),
    }

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without what deliveries carry, in lists."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows.defer("payload", "notes") if match and str(match.url_name).endswith("changelist") else rows

    def found(self, term: str) -> list[Any]:
        """By the beginning of the source's key, by the key of the record at the target, or by a number of its row.

        A statement for each, so that each can use its index.
        """
        flows = Sync.objects.values_list("flow", flat=True)
        links = Link.objects.filter(flow__in=list(flows), target_key=term).values_list("source_key", flat=True)
        keys = {key.partition("#")[0] for key in links[:50]} | set(_with_number(term))
        wanted = (Q(source_key__startswith=term), Q(source_key__in=keys))
        rows = [Delivery.objects.filter(where).order_by().values_list("pk", flat=True)[:MOST_FOUND] for where in wanted]
        return [pk for found in rows for pk in found]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        """See `found`."""
        term = search_term.strip()
        return (queryset.filter(pk__in=self.found(term)) if term else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with a way to replay what it shows."""
        names = {"state__exact": "states", "sync__id__exact": "sync", "code": "codes", "q": "key"}
        given = {names[name]: value for name, value in request.GET.items() if name in names and value}
        return super().changelist_view(request, {"job_query": urlencode(given)})  # type: ignore[no-any-return]

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """With both connections, for what asks the systems."""
        row = super().row(request, object_id)
        row.sync = Sync.objects.select_related("source", "target").get(pk=row.sync_id)
        return row

    def shown(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        """The record's story, its links, the one fix for it, and its versions."""
        own = Q(source_key=row.source_key) | Q(source_key__startswith=f"{row.source_key}#")
        links = list(Link.objects.filter(own, flow=row.sync.flow).order_by("source_key")[:20])
        versions = Delivery.objects.filter(sync=row.sync_id, source_key=row.source_key).order_by("-number")
        failing = row.state in FAILING
        fix = fix_for(row.code, row.needs, row.state) if failing else None
        return {
            "links": links,
            "versions": versions.defer("payload", "notes")[:30],
            "timeline": timeline(row, links),
            "payload": pretty(row.payload),
            "fix": fix,
            "fix_form": fix_form(fix, link_to(row)) if fix else None,
            "held": row.state in ("pending", "waiting", "quarantined"),
            "title": row.label or f"{row.sync.flow} {row.source_key}",
            "systems": _systems(row.sync),
        }

    def replay(self, request: HttpRequest, row: Delivery) -> Answer:
        """Through the ledger again."""
        again = desk.replay_one(row, customer(request), actor=actor(request), now=timezone.now())
        if again.pk == row.pk:
            return f"Version {again.number} is {again.get_state_display().lower()} and goes on."
        return redirect(link_to(again))

    def dismiss(self, request: HttpRequest, row: Delivery) -> Answer:
        """Closes this version."""
        desk.dismiss_one(
            row, customer(request), reason=said(request, "reason"), actor=actor(request), now=timezone.now()
        )
        return "Dismissed. The record's next change at its source is delivered as any other."

    def re_read(self, request: HttpRequest, row: Delivery) -> Answer:
        """Reads it at its source now."""
        found = desk.read_again(row.sync, row.source_key, customer(request), actor=actor(request))
        return {
            "changed": "It has changed at its source: the new version is on its way.",
            "unchanged": "Its source says the same as when it was read last.",
        }.get(found, "Its source does not show it any more; that alone deletes nothing.")

    def preview(self, request: HttpRequest, row: Delivery) -> Answer:
        """What a replay would write, against the target as it is now."""
        work = comparison_of(row.sync)
        try:
            return self.page(request, row, preview=preview(work, [row])[0])
        finally:
            work.close()

    def compare(self, request: HttpRequest, row: Delivery) -> Answer:
        """Both systems and the ledger side by side, read now."""
        work = comparison_of(row.sync)
        try:
            return self.page(request, row, three=three_way(work, row))
        finally:
            work.close()

    @admin.action(description="Replay the selected records")
    def replay_selected(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> HttpResponse | None:
        """Shows what would be replayed; the second time it is done."""
        require(request, Role.OPERATOR)
        rows = list(chosen.select_related("sync__source", "sync__target")[: self.list_per_page])
        if "confirmed" not in request.POST:
            try:
                previews = _previews(rows)
            except IntegrationError as error:
                messages.warning(request, f"No preview: {error}")
                previews = []
            shown = {"rows": rows, "previews": previews, "title": "Replay the selected records"}
            return desk_page(request, "admin/desk/replay_selected.html", {"opts": self.model._meta, **shown})
        return carry_out(request, lambda: _replay_all(request, rows), request.path)


def _with_number(term: str) -> list[str]:
    """Keys of records in whose rows a number that begins so stands."""
    number = document_index.normal(term)
    if len(number) < document_index.SHORTEST:
        return []
    found = RecordNumber.objects.filter(number__startswith=number).order_by().values_list("source_key", flat=True)
    return list(found[:MOST_FOUND])


def _replay_all(request: HttpRequest, rows: list[Delivery]) -> str:
    records = {(row.sync_id, row.source_key): row for row in rows}
    for row in records.values():
        desk.replay_one(row, customer(request), actor=actor(request), now=timezone.now())
    return f"{len(records)} records go through the ledger again."


def _previews(rows: list[Delivery]) -> Any:
    """Of the first few records of the first one's flow."""
    same = [row for row in rows if row.sync_id == rows[0].sync_id][:MOST_SHOWN]
    work = comparison_of(rows[0].sync)
    try:
        return preview(work, same)
    finally:
        work.close()


def _systems(sync: Sync) -> dict[str, str]:
    titles = catalogue.systems()
    return {
        end: getattr(titles.get(account.system), "TITLE", account.system)
        for end, account in (("source", sync.source), ("target", sync.target))
    }
