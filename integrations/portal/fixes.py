"""Where something is mended: the page that a fix leads to, if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import catalogue
from integrations.engine.grouping import Fix
from integrations.portal.map_words import words as map_words
from integrations.portal.words import flow_title
from integrations.todo import Task

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Way:
    """A link, and what it says."""

    url: str
    words: Text


def fix_link(fix: Fix, flow: str = "") -> Way | None:
    """The page on which a group of failures is mended; None where it is not mended on a page."""
    if fix.kind == "map-value":
        url = (place("map-edit", fix.map, query={"key": fix.key}) if fix.map else "") or place("maps")
        return Way(url, _("Map it")) if url else None
    if fix.kind in ("deliver", "link") and fix.flow:
        return Way(place("records", query={"flow": fix.flow, "q": fix.key}), _("Find that record"))
    if fix.kind == "set-option":
        url = (place("flow-settings", flow) if flow else "") or place("flows")
        return Way(url, _("Open the flow's settings")) if url else None
    return None


def fix_words(fix: Fix) -> Text:
    """What mends a group, with maps and flows by the names that the pages give them."""
    given = {"key": fix.key, "map": map_words(fix.map).title if fix.map else "", "flow": flow_title(fix.flow)}
    if fix.kind == "map-value" and fix.map:
        return gettext("Give %(key)s a value in the map %(map)s: saving it lets all of them go on.") % given
    if fix.kind == "deliver":
        told = gettext("Bring %(key)s over (%(flow)s), or link it by hand: all of them go on once it is linked.")
        return told % given
    if fix.kind == "link" and fix.flow:
        return gettext("Link the record that leads to %(key)s (%(flow)s).") % given
    return fix.words


def reason_words(reason: str, needs: str) -> Text:
    """Why a record does not go on; what it waits for by the name that the pages give it."""
    kind, _colon, rest = needs.partition(":")
    flow, _colon, key = rest.partition(":")  # or the map
    if kind == "link" and key and reason == f"Waits until {flow} {key} exists there.":
        given = {"key": key, "flow": flow_title(flow)}
        return gettext("Waits until %(key)s is there (%(flow)s).") % given
    if kind == "map" and reason.startswith(f"No value is mapped for {flow} "):
        beginning = gettext("No value is mapped in “%(map)s” for") % {"map": map_words(flow).title}
        return beginning + reason.removeprefix(f"No value is mapped for {flow}")
    return reason


def task_link(task: Task) -> Way:
    """The page on which a task is done."""
    if task.group is not None:
        found = fix_link(task.group.fix) if task.kind == "unmapped" else None
        return found or Way(place("tasks") + "#" + group_id(task), _("Look at them"))
    if task.kind == "paused" and task.subject not in catalogue.flows():
        return Way(place("connect-one", task.subject_id), _("Open the connection"))
    if task.kind in ("credentials", "broken", "budget"):
        return Way(place("connect") or place("tasks"), _("Open the connection"))
    if task.kind == "vanished":
        url = place("map-edit", task.subject, query={"key": task.subject_id}) or place("maps")
        return Way(url or place("tasks"), _("Map it anew"))
    if task.kind == "books":
        return Way(place("book", task.subject_id), _("See each difference"))
    if task.kind == "expiring":
        return Way(place("keys") or place("alerts") or place("tasks"), _("Replace it"))
    if task.kind == "endpoint":
        return Way(place("alerts") or place("tasks"), _("Look at it"))
    url = place("flow", task.subject) or place("flows") or place("tasks")
    return Way(url, _("Open the flow"))


def group_id(task: Task) -> str:
    """The anchor of a group on the page of tasks."""
    group = task.group
    if group is None:
        return ""
    return "-".join(filter(None, ("cause", group.flow, group.state, str(group.example))))


def place(name: str, *args: str, query: dict[str, str] | None = None) -> str:
    """The path of a page, "" where there is no such page."""
    try:
        found = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    given = urlencode({key: value for key, value in (query or {}).items() if value})
    return f"{found}?{given}" if given else found
