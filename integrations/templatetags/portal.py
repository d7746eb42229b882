"""What the portal's templates ask: which pages there are, and what the reader may do."""

from __future__ import annotations

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
