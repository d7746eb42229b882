"""The way from signing up to agreeing books, step by step: what is done, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.models import Connection, FitReport, Progress, Sync, ValueMap
from integrations.portal.fixes import place

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `is_next` is the first that is not done. `url` is "" where there is no page for it."""

    title: Text
    words: Text
    url: str
    is_done: bool
    is_next: bool = False


def steps() -> list[Step]:
    """The five steps. Four statements."""
    systems = set(Connection.objects.filter(checked_at__isnull=False, state="ok").values_list("system", flat=True))
    live = Sync.objects.filter(enabled=True).exists()
    done = {
        "connect": {"sap", "servicetitan"} <= systems,
        "fit": FitReport.objects.filter(state=Progress.FINISHED).exists(),
        "maps": ValueMap.objects.exists(),
        "preview": live,
        "live": live,
    }
    found, waiting = list[Step](), True
    for name, page, title, words in _STEPS:
        found.append(Step(title, words, place(page), done[name], is_next=waiting and not done[name]))
        waiting = waiting and done[name]
    return found


def after_connecting(row: Connection) -> tuple[str, Text] | None:
    """Where to go on, and in which words, once a connection works: to the other system, then to the fit report.

    None once a fit report was made: there is nothing left to be led to. At most five statements.
    """
    following = next((step.url for step in steps() if step.is_next), "")
    if following == place("fit"):
        return following, _("Next: see whether both systems fit")
    if following != place("connect"):
        return None
    other = _OTHER[row.system]
    begun = Connection.objects.filter(system=other).exists()
    words = _("Next: mend the other connection") if begun else _NEXT[other]
    return (following if begun else place("connect-new", other)), words


_OTHER = {"sap": "servicetitan", "servicetitan": "sap"}
_NEXT: dict[str, Text] = {"sap": _("Next: connect SAP"), "servicetitan": _("Next: connect ServiceTitan")}
_STEPS: tuple[tuple[str, str, Text, Text], ...] = (
    (
        "connect",
        "connect",
        _("Connect SAP and ServiceTitan"),
        _("Enter the credentials of both systems and let us try them. Each field says where to find it."),
    ),
    (
        "fit",
        "fit",
        _("See whether it fits"),
        _("We read both systems, write nothing, and tell what works, what is missing and how to mend it."),
    ),
    (
        "maps",
        "maps",
        _("Map your codes"),
        _("Say which cost center is which business unit, which material is which SKU. We suggest, you decide."),
    ),
    (
        "preview",
        "flows",
        _("Look at a preview"),
        _("See what a flow would write before anything is written."),
    ),
    (
        "live",
        "flows",
        _("Go live, flow by flow"),
        _("Switch a flow on, with the day from which it counts and how often it is read."),
    ),
)
