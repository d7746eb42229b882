"""The OpenAPI document, open to anybody who knows the host.

It is the same for every customer and holds nothing of theirs, and tools (generators, consoles) fetch it without a key.
"""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from rest_framework.renderers import JSONRenderer

from integrations.api.kernel.openapi import document
from tenants.doors import open_to_anybody


@open_to_anybody
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The document of this host's API, as application/json."""
    answer = HttpResponse(_rendered(str(request.urlconf)), content_type="application/json")
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@cache
def _rendered(urlconf: str) -> bytes:
    return bytes(JSONRenderer().render(document(urlconf)))
