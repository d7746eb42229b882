"""Times as the reader of a page has them: `{% load reader %}{% when value %}`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext

from tenants.addresses import public_origin
from tenants.reader import zone_of

register = template.Library()


@register.simple_tag(takes_context=True)
def when(context: template.Context, value: datetime | date | None, form: str = "time", none: str = "") -> SafeString:
    """A moment in the reader's zone, with the zone's name; machines read it in UTC from `<time datetime>`.

    `form`: "time" (date and time), "date" (the day alone), "ago" (how long ago or ahead; the time is its title). A date
    without a time has no zone and stays as it is. None is shown as `none`, by default "not yet".
    """
    if value is None:
        return format_html('<span class="soft">{}</span>', none or gettext("not yet"))
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "DATE_FORMAT"))
    local = value.astimezone(_zone(context))
    full = f"{date_format(local, 'DATETIME_FORMAT')} {local.tzname()}"
    shown = {"time": full, "date": date_format(local, "DATE_FORMAT"), "ago": _distance(value)}[form]
    exact = value.astimezone(ZoneInfo("UTC")).isoformat(timespec="seconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, full, shown)


@register.simple_tag(takes_context=True)
def zone(context: template.Context) -> str:
    """The name of the reader's zone, for a note such as "Times are those of America/Chicago"."""
    return str(_zone(context))


@register.simple_tag(takes_context=True)
def public_address(context: template.Context, path: str) -> str:
    """A page of the public host, from whatever host the reader is on."""
    return f"{public_origin(context['request'])}{path}"


def _zone(context: template.Context) -> Any:
    request = context.get("request")
    return zone_of(request) if request is not None else timezone.get_current_timezone()


def _distance(value: datetime) -> str:
    now = timezone.now()
    if abs((now - value).total_seconds()) < 60:
        return gettext("just now") if value <= now else gettext("in a moment")
    if value > now:
        return gettext("in %(time)s") % {"time": timeuntil(value, now, depth=1)}
    return gettext("%(time)s ago") % {"time": timesince(value, now, depth=1)}
