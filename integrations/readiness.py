"""/readyz: whether this installation can do its work now. Answered under any host name, like /healthz.

/healthz asks only whether this process and its database answer, so an orchestrator restarts nothing because of a
broker. /readyz asks for all that work needs, and says of each part what is wrong, without addresses or values.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from integrations import metrics
from integrations.keyring import KeyMissing, KeyRingError, check_ring
from integrations.models import Connection
from tenants import heads, schema
from tenants.models import Customer
from tenants.schema import within

log = logging.getLogger(__name__)

TICK_SECONDS = 30
"""Beat asks once a second; a worker that is busy answers a little later."""
KEPT_SECONDS = 60
"""Migrations that were at the head are so for a while: it is not asked at every probe."""
BROKER_SECONDS = 2

_lock = threading.Lock()
_at_head_until: dict[str, float] = {}


class ReadinessMiddleware:
    """Answers /readyz: 200 if every part is ready, else 503; in either case each part with "ok" or what is wrong."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path != "/readyz":
            return self.respond(request)
        parts = checked()
        ready = all(told == "ok" for told in parts.values())
        answer = JsonResponse({"ready": ready, "parts": parts}, status=200 if ready else 503)
        answer["Cache-Control"] = "no-store"
        return answer


def checked() -> dict[str, str]:
    """What is wrong with each part, or "ok"."""
    schema.use_public()
    database = _told("database", _database)
    if database != "ok":
        return {"database": database, "broker": _told("broker", _broker)}
    return {"database": database, **{name: _told(name, check) for name, check in CHECKS.items()}}


def _told(name: str, check: Callable[[], str]) -> str:
    """A check answers "" or a sentence. What it does not expect is logged, and shown as no more than its kind."""
    try:
        return check() or "ok"
    except Exception as error:
        log.warning("not ready: %s", name, exc_info=error)
        return f"failed ({type(error).__name__})"


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_read_only')")
            ((read_only,),) = cursor.fetchall()
    except DatabaseError:
        return "cannot be reached"
    return "is read-only: nothing can be noted, so nothing is sent" if read_only == "on" else ""


def _broker() -> str:
    with current_app.connection_for_read(connect_timeout=BROKER_SECONDS) as broker:
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
        except Exception:
            return "cannot be reached"
    return ""


def _migrations() -> str:
    """Of public and of every customer's schema."""
    database = str(connection.settings_dict["NAME"])
    with _lock:
        if time.monotonic() < _at_head_until.get(database, 0):
            return ""
    loader = MigrationLoader(connection)
    shared = set(loader.graph.nodes) - set(loader.applied_migrations)
    late = heads.behind(list(Customer.objects.values_list("schema_name", flat=True)))
    if shared or late:
        where = ["the public schema"] if shared else []
        where += [f"{len(late)} customer{'' if len(late) == 1 else 's'}"] if late else []
        return f"missing in {' and '.join(where)}: run migrate_customers"
    with _lock:
        _at_head_until[database] = time.monotonic() + KEPT_SECONDS
    return ""


def _beat() -> str:
    age = metrics.tick_age()
    if age is None:
        return "no tick is known: beat or all workers are down, or they have just begun"
    if age <= TICK_SECONDS:
        return ""
    return f"the last tick was {age:.0f} seconds ago: beat or all workers are down, or the database's disk is full"


def _keys() -> str:
    """Both rings are well formed, and a stored secret can be read."""
    try:
        check_ring(settings.FIELD_KEYS)
        check_ring(settings.AUDIT_KEYS)
    except KeyRingError:
        return "a key ring is malformed"
    customer = Customer.objects.filter(suspended_at=None).order_by("pk").first()
    if customer is None:
        return ""
    try:
        with within(customer):
            Connection.objects.only("credentials").order_by("created_at").first()
    except KeyMissing:
        return "a stored secret is under a key that is not in FIELD_KEYS"
    return ""


CHECKS: Mapping[str, Callable[[], str]] = {
    "broker": _broker,
    "migrations": _migrations,
    "beat": _beat,
    "keys": _keys,
}
