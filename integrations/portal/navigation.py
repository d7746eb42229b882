"""Which pages the portal offers to whom: those that exist, and that the reader's role may open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.portal.pages import may
from tenants.models import Role

Texts = str | Promise
GROUPS: tuple[tuple[Texts, tuple[tuple[str, Texts], ...]], ...] = (
    (
        "",
        (
            ("home", _("Home")),
            ("records", _("Records")),
            ("tasks", _("Tasks")),
            ("books", _("Books")),
            ("flows", _("Flows")),
            ("maps", _("Maps")),
            ("connect", _("Connections")),
            ("fit", _("Fit report")),
        ),
    ),
    (
        _("Settings"),
        (
            ("team", _("Team")),
            ("keys", _("Keys")),
            ("alerts", _("Alerts")),
            ("retention", _("Retention")),
            ("audit", _("Audit")),
            ("export", _("Export")),
            ("leave", _("Leave")),
        ),
    ),
)
"""Groups with their pages, by the name of the url."""


@dataclass(frozen=True, slots=True)
class Item:
    """A link of the navigation."""

    label: Texts
    path: str
    current: bool


def groups(request: HttpRequest) -> list[tuple[Texts, list[Item]]]:
    """What the reader of this page is offered."""
    found = [(label, [item for name, text in pages if (item := _item(request, name, text))]) for label, pages in GROUPS]
    return [(label, items) for label, items in found if items]


def _item(request: HttpRequest, name: str, label: Texts) -> Item | None:
    place = _place(name, getattr(request, "urlconf", None))
    if place is None or not may(request, place[1]):
        return None
    path = place[0]
    current = request.path == path or (path != "/" and request.path.startswith(path))
    return Item(label=label, path=path, current=current)


@lru_cache(maxsize=64)
def _place(name: str, urlconf: str | None) -> tuple[str, Role] | None:
    """Path of a page and the role that opens it; None where there is no such page."""
    try:
        path = reverse(name, urlconf=urlconf)
    except NoReverseMatch:
        return None
    return path, getattr(resolve(path, urlconf=urlconf).func, "opened_by", Role.VIEWER)
