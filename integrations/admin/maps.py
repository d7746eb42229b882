"""Value maps: a form that asks the live system before it saves; it stands wherever a code is missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from integrations import catalogue, desk, reference_data
from integrations.admin.doing import Answer, Deed, Desk, actor, customer, desk_page, require, said
from integrations.admin.site import customer_site
from integrations.engine import Given
from integrations.engine.grouping import Fix
from integrations.models import ValueMap
from integrations.refusals import CannotBeDone
from integrations.suggestions import Suggestion
from tenants.models import Role


@dataclass(frozen=True, slots=True)
class MapForm:
    """A row that is wanted. `words`: values that are words of ours; `suggestions` are never applied by themselves."""

    map: str
    key: str
    value: str
    label: str
    next: str
    kind: str
    words: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]


def fix_form(fix: Fix, back: str) -> MapForm | None:
    """The form that mends this, where a row of a map does."""
    return fix_forms([fix], back).get((fix.map, fix.key))


def fix_forms(fixes: Iterable[Fix], back: str) -> dict[tuple[str, str], MapForm]:
    """The forms that mend these, by map and code; what codes may mean is asked once for each map."""
    known, keys = set(names()), defaultdict[str, list[str]](list)
    for fix in fixes:
        if fix.kind == "map-value" and fix.map in known and fix.key:
            keys[fix.map].append(fix.key)
    found = {name: reference_data.suggest_all(name, wanted) for name, wanted in keys.items()}
    return {
        (name, key): _form(name, key, back, suggestions=found[name].get(key, ()))
        for name, wanted in keys.items()
        for key in wanted
    }


def map_form(name: str, key: str, back: str, *, value: str = "", label: str = "") -> MapForm:
    """With what a code may mean."""
    suggestions = reference_data.suggest(name, key) if key and not value else ()
    return _form(name, key, back, value=value, label=label, suggestions=suggestions)


def _form(
    name: str, key: str, back: str, *, value: str = "", label: str = "", suggestions: tuple[Suggestion, ...] = ()
) -> MapForm:
    words = tuple(catalogue.map_words(name))
    return MapForm(name, key, value, label, back, catalogue.map_kind(name), words, suggestions)


def names() -> list[str]:
    """Every map that a flow asks."""
    return sorted({name for flow in catalogue.flows().values() for name in flow.maps})


class MapFilter(admin.SimpleListFilter):
    """By map; which maps there are is known without asking the rows."""

    title = parameter_name = "map"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All maps that flows ask."""
        return [(name, name) for name in names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ValueMap]) -> QuerySet[ValueMap]:
        """Rows of this map."""
        return queryset.filter(map=self.value()) if self.value() else queryset


@admin.register(ValueMap, site=customer_site)
class ValueMapPage(Desk):
    """The customer's codes."""

    list_display: ClassVar = ("key", "map", "value", "label", "missing_since", "updated_by", "updated_at")
    list_filter: ClassVar = (MapFilter,)
    ordering: ClassVar = ("map", "key")
    search_fields: ClassVar = ("key",)
    prefixes: ClassVar = ("key",)
    exactly: ClassVar = ("value",)
    list_before_template = "admin/desk/maps_before.html"
    template = "admin/desk/value_map.html"
    deeds: ClassVar = {"remove": Deed(Role.OWNER)}

    def get_urls(self) -> list[Any]:
        """And a page for a new row."""
        view = self.admin_site.admin_view
        return [
            path("save/", view(self.save), name="integrations_valuemap_save"),
            path("new/", view(self.new), name="integrations_valuemap_new"),
            *super().get_urls(),
        ]

    def shown(self, request: HttpRequest, row: ValueMap) -> dict[str, Any]:
        """The form, filled."""
        form = map_form(row.map, row.key, request.path, value=row.value, label=row.label)
        return {"form": form, "title": f"{row.map} {row.key}"}

    def new(self, request: HttpRequest) -> HttpResponse:
        """An empty form, of one map if it is named."""
        name = request.GET.get("map", "")
        form = map_form(name if name in names() else "", request.GET.get("key", "")[:120], _list())
        shown = {"opts": self.model._meta, "form": form, "maps": names(), "title": "Map a code"}
        return desk_page(request, "admin/desk/value_map.html", shown)

    def save(self, request: HttpRequest) -> HttpResponse:
        """Saves one row, once its value was found in the live system."""
        require(request, Role.OWNER)
        back = request.POST.get("next", "")
        if not url_has_allowed_host_and_scheme(back, None) or not back.startswith("/admin/"):
            back = _list()
        if request.method != "POST":
            return redirect(_list())
        try:
            _save(request)
        except CannotBeDone as error:
            messages.error(request, str(error))
        return redirect(back)

    def remove(self, request: HttpRequest, row: ValueMap) -> Answer:
        """Takes the row away."""
        again = desk.remove_value(row, customer(request), actor=actor(request), now=timezone.now())
        told = f"Removed {row.map} {row.key}; {again.deliveries} records are sent again under a rule that stays."
        messages.success(request, told + _by_jobs(again))
        return redirect(_list())


def _save(request: HttpRequest) -> None:
    name = said(request, "map", what="The map")
    if name not in names():
        raise CannotBeDone(f"No flow asks a map {name}.")
    label = request.POST.get("label", "").strip()[:200]
    key, value = said(request, "key", most=120, what="The code"), said(request, "value", most=200, what="The value")
    given = Given(name, key, value, label)
    checked = reference_data.check([given])
    if checked.wrong:
        raise CannotBeDone(" ".join(checked.wrong.values()))
    with transaction.atomic():
        saved = desk.save_values([given], customer(request), actor=actor(request), now=timezone.now())
    told = f"{name} {key} is mapped to {value}; {saved.deliveries} records go on because of it."
    messages.success(request, told + _by_jobs(saved))
    for reason in checked.unchecked:
        messages.warning(request, f"Saved without being checked: {reason} The nightly check will.")


def _by_jobs(saved: desk.Saved) -> str:
    return " A job sends the others: see Replay jobs." if saved.jobs else ""


def _list() -> str:
    return reverse("admin:integrations_valuemap_changelist")
