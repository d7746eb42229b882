"""What webhook calls are held against: the same web process, with a view that verifies and does no more."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from integrations.systems.servicetitan.webhooks import is_signed
from tenants.doors import open_to_anybody


@csrf_exempt
@open_to_anybody
def verify(request: HttpRequest, environment: str) -> HttpResponse:
    """200 for a signature that fits, else 401."""
    signed = is_signed(
        request.body, [request.headers["X-ServiceTitan-Signature"]], settings.ST_WEBHOOK_KEYS[environment]
    )
    return HttpResponse("Received.\n", status=200 if signed else 401)


urlpatterns = [path("webhooks/servicetitan/<str:environment>/", verify)]
