"""What the portal's templates ask: which pages there are, and what the reader may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.http import HttpRequest

from integrations.portal import navigation as pages
from integrations.portal.pages import may as has_role
from tenants.models import Role

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[Any]:
    """Groups of links: `{% navigation as groups %}`."""
    return pages.groups(context["request"])


@register.filter
def may(request: HttpRequest, role: str) -> bool:
    """Whether the reader has a role: `{% if request|may:"operator" %}`."""
    return has_role(request, Role(role))


@register.filter
def posted(request: HttpRequest, field: str) -> str:
    """What a form that comes back held in a field: `{{ request|posted:field }}`."""
    return request.POST.get(field, "")


@register.simple_tag(takes_context=True)
def refused(context: template.Context, url: str) -> Mapping[str, list[str]]:
    """What is wrong by field with the form that was sent to `url`, `whole` for none: `{% refused url as wrong %}`.

    Empty for every other form of the page, so that what was entered is put back into the one that it came from.
    """
    request = context["request"]
    found: Mapping[str, list[str]] = getattr(request, "refused", {}) if request.path == url else {}
    return found
