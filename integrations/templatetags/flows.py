"""What the pages of flows and maps say of things that they know by name."""

from __future__ import annotations

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.portal import map_words, words

register = template.Library()

register.filter("system_title", words.system_title)
register.filter("flow_title", words.flow_title)


@register.filter
def map_title(name: str) -> str:
    """What a map is called."""
    return str(map_words.words(name).title)


@register.filter
def outcome(name: str) -> str:
    """What a first run would do with a record."""
    said = {
        "create": _("would be made there"),
        "adopt": _("is there already: would be taken over"),
        "change": _("would be changed there"),
        "write": _("would be written"),
        "unchanged": _("is there as it should be"),
        "wait": _("would wait"),
        "person": _("would need you"),
        "not-transferable": _("cannot be taken over"),
    }
    return said.get(name, name)


@register.filter
def duration(seconds: float) -> str:
    """As people say it: "50 seconds", "12 minutes", "3 hours"."""
    if seconds < 90:
        n = max(round(seconds), 1)
        return ngettext("%(n)s second", "%(n)s seconds", n) % {"n": n}
    if seconds < 5400:
        n = round(seconds / 60)
        return ngettext("%(n)s minute", "%(n)s minutes", n) % {"n": n}
    n = round(seconds / 3600)
    return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}


@register.simple_tag(takes_context=True)
def page_of(context: template.Context, name: str) -> str:
    """The address of a page, the first page where there is none of that name."""
    try:
        return reverse(name, urlconf=getattr(context["request"], "urlconf", None))
    except NoReverseMatch:
        return "/"
