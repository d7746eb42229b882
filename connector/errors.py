"""Reports errors to Sentry where SENTRY_DSN is set: scrubbed, without variables, requests' bodies or people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector import scrubbing

CONTEXT = ("customer", "flow", "sync", "run", "delivery", "correlation_id")
LEFT_OUT = ("user", "modules", "server_name")
OF_REQUEST = ("method", "url")


def start(dsn: str, *, environment: str, release: str = "") -> None:
    """Begins reporting. Raises ImportError where the extra `sentry` is not installed."""
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release or None,
        send_default_pii=False,
        include_local_variables=False,  # a client in the middle of a call holds credentials
        max_request_body_size="never",
        max_breadcrumbs=0,  # they would hold statements and addresses
        traces_sample_rate=0.0,
        default_integrations=True,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        before_send=lambda event, hint: scrubbed(event),  # type: ignore[arg-type, return-value]
    )


def scrubbed(event: Mapping[str, Any]) -> dict[str, Any]:
    """What may leave: the error with its stack, what it was about, and no secret, person, argument or variable."""
    from structlog.contextvars import get_contextvars

    kept = {key: value for key, value in event.items() if key not in LEFT_OUT}
    kept["breadcrumbs"] = {"values": []}
    if request := kept.get("request"):
        kept["request"] = {key: str(request[key]).partition("?")[0] for key in OF_REQUEST if key in request}
    contexts = dict(kept.get("contexts") or {})
    kept["contexts"] = {name: contexts[name] for name in ("trace", "runtime") if name in contexts}
    kept["extra"] = {}  # Celery puts a task's arguments here, logging whatever a line carried
    for exception in (kept.get("exception") or {}).get("values", []):
        for frame in (exception.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    about = get_contextvars()
    kept["tags"] = {**(kept.get("tags") or {}), **{name: about[name] for name in CONTEXT if name in about}}
    found: dict[str, Any] = scrubbing.anything(kept)
    return found
