"""What people do with the endpoints of outgoing events: add, change, replace the secret, try, send again.

Each function does one thing in one transaction and records who did it. A secret is answered once, when it is made.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from integrations import audit, connections, event_signing, outgoing
from integrations.errors import Misconfigured
from integrations.fields import reveal
from integrations.guard import Lookup, origin, resolve, system_lookup
from integrations.models import Event, EventDelivery, EventEndpoint
from tenants import schedule, schema
from tenants.models import Customer

MOST = 10
"""Endpoints of a customer: each event is written once for each of them."""
LONGEST_OVERLAP = timedelta(days=7)
MOST_REPLAYED = 10_000
"""Deliveries that one replay of a time window makes due; a longer window is replayed in parts."""

State = EventDelivery.State


class TooMany(ValueError):
    """The customer has as many endpoints as there may be."""

    def __init__(self) -> None:
        super().__init__(f"There are {MOST} endpoints already. Remove one that is no longer needed.")


def check_address(url: str, lookup: Lookup = system_lookup) -> None:
    """Asks once for the address of the host, for a clear answer to a person; every connection asks and checks again.

    Raises Misconfigured for an address that this installation does not call, Transient for a name without one.
    """
    resolve(url, connections.policy(), lookup=lookup)


def create(
    *,
    url: str,
    kinds: Collection[str] = (),
    name: str = "",
    actor: audit.Actor,
    now: datetime,
    lookup: Lookup = system_lookup,
    is_checked: bool = False,
) -> tuple[EventEndpoint, str]:
    """A new endpoint and its secret, which is not shown again. `is_checked`: `check_address` was called for it.

    Raises Misconfigured for an address that this installation does not call, Transient for a host name that does not
    resolve, ValueError for an unknown kind, TooMany.
    """
    if not is_checked:
        check_address(url, lookup)
    secret = event_signing.new_secret()
    stored = [{"secret": secret, "until": ""}]
    with transaction.atomic():
        # Whoever adds an endpoint waits for whoever is adding one, so that both count what is there then.
        Customer.objects.select_for_update(no_key=True).get(pk=schema.customer_id())
        if EventEndpoint.objects.count() >= MOST:
            raise TooMany
        endpoint = EventEndpoint.objects.create(
            url=url, name=name, kinds=_checked(kinds), secrets=stored, secret_changed_at=now
        )
        _schedule(endpoint, now)
        _record(endpoint, "created", actor, host=_host(url), kinds=endpoint.kinds)
    return endpoint, secret


def change(
    endpoint: EventEndpoint,
    values: dict[str, Any],
    *,
    actor: audit.Actor,
    now: datetime,
    lookup: Lookup = system_lookup,
    is_checked: bool = False,
) -> None:
    """Changes `url`, `name`, `kinds` or `enabled`. An endpoint that is enabled again gets what is still due.

    Raises what `create` raises.
    """
    if "url" in values and values["url"] != endpoint.url and not is_checked:
        check_address(values["url"], lookup)
    if "kinds" in values:
        values = {**values, "kinds": _checked(values["kinds"])}
    with transaction.atomic():
        endpoint = EventEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        before = {name: getattr(endpoint, name) for name in values}
        changed = {name: value for name, value in values.items() if value != before[name]}
        if not changed:
            return
        for name, value in changed.items():
            setattr(endpoint, name, value)
        if changed.get("enabled") or "url" in changed:
            _forget_failures(endpoint)
        if changed.get("enabled") is False:
            endpoint.disabled_at = now
        endpoint.save()
        _schedule(endpoint, now)
        shown = {name: [_shown(name, before[name]), _shown(name, value)] for name, value in changed.items()}
        _record(endpoint, "changed", actor, **shown)


def rotate(
    endpoint: EventEndpoint, *, actor: audit.Actor, now: datetime, overlap: timedelta = event_signing.OVERLAP
) -> str:
    """Replaces the secret and answers the new one. Requests bear both signatures until the overlap has ended.

    `overlap` zero: the former secret signs nothing any more (it was stolen). Raises ValueError for one over 7 days.
    """
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise ValueError(f"The overlap has to be between 0 and {LONGEST_OVERLAP.days * 24} hours.")
    fresh = event_signing.new_secret()
    with transaction.atomic():
        endpoint = EventEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        endpoint.secrets = event_signing.rotated(reveal(endpoint.secrets), fresh, now, overlap)
        endpoint.secret_changed_at = now
        endpoint.save(update_fields=["secrets", "secret_changed_at", "updated_at"])
        _record(endpoint, "secret-rotated", actor, overlap_hours=overlap.total_seconds() / 3600)
    return fresh


def remove(endpoint: EventEndpoint, *, actor: audit.Actor) -> None:
    """Removes an endpoint with everything that was, or should have been, sent to it."""
    with transaction.atomic():
        _record(endpoint, "removed", actor, host=_host(endpoint.url))
        schedule.remove(customer_id=schema.customer_id(), sync_id=endpoint.pk)
        endpoint.delete()


def send_test(endpoint: EventEndpoint, *, actor: audit.Actor, now: datetime) -> EventDelivery:
    """An event that means nothing, for this endpoint alone; sent within seconds. Raises Misconfigured if disabled."""
    if not endpoint.enabled:
        raise Misconfigured("The endpoint is disabled: enable it first.", code="endpoint-disabled")
    with transaction.atomic():
        data = {"endpoint": str(endpoint.pk), "name": endpoint.name}
        event = Event.objects.create(kind=outgoing.TEST, subject=str(endpoint.pk), data=data, created_at=now)
        delivery = EventDelivery.objects.create(event=event, endpoint=endpoint, created_at=now, due_at=now)
        _wake(endpoint, now)
        _record(endpoint, "tested", actor, event=str(event.pk))
    return delivery


def replay(delivery: EventDelivery, *, actor: audit.Actor, now: datetime) -> EventDelivery:
    """Sends one event to its endpoint again, under the same `webhook-id`. Pressing it twice sends it once."""
    with transaction.atomic():
        _make_pending([delivery.pk], now)
        _wake(delivery.endpoint, now)
        _record(delivery.endpoint, "replayed", actor, delivery=str(delivery.pk), event=str(delivery.event_id))
    delivery.refresh_from_db()
    return delivery


def replay_window(
    endpoint: EventEndpoint,
    *,
    since: datetime,
    until: datetime,
    states: Collection[str] = (State.FAILED, State.GIVEN_UP),
    actor: audit.Actor,
    now: datetime,
) -> int:
    """Sends again what was written for the endpoint from `since` to before `until` and is in one of `states`.

    Returns how many; never more than MOST_REPLAYED, the oldest ones. Those that are already due are left as they are.
    """
    fitting = EventDelivery.objects.filter(
        endpoint=endpoint, created_at__gte=since, created_at__lt=until, state__in=states
    )
    with transaction.atomic():
        chosen = list(fitting.order_by("created_at", "id").values_list("id", flat=True)[:MOST_REPLAYED])
        count = _make_pending(chosen, now)
        _wake(endpoint, now)
        window = {"since": since.isoformat(), "until": until.isoformat(), "states": sorted(states), "count": count}
        _record(endpoint, "window-replayed", actor, **window)
    return count


def _make_pending(ids: Collection[Any], now: datetime) -> int:
    """What is pending is about to be sent anyway. Another fence: a try that is under way no longer decides."""
    chosen = EventDelivery.objects.filter(id__in=ids).exclude(state=State.PENDING)
    return int(chosen.update(state=State.PENDING, tries=0, due_at=now, delivered_at=None, fence=F("fence") + 1))


def _forget_failures(endpoint: EventEndpoint) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.rest_until = 0, None, None
    endpoint.disabled_code, endpoint.disabled_reason, endpoint.disabled_at = "", "", None


def _schedule(endpoint: EventEndpoint, now: datetime) -> None:
    customer = schema.customer_id()
    schedule.ensure(customer_id=customer, sync_id=endpoint.pk, kinds=["events"])
    _wake(endpoint, now)
    outgoing.look_at_alerts(now, after=timedelta())


def _wake(endpoint: EventEndpoint, now: datetime) -> None:
    schedule.make_due(customer_id=schema.customer_id(), sync_ids=[endpoint.pk], kind="events", now=now)


def _checked(kinds: Collection[str]) -> list[str]:
    unknown = sorted(set(kinds) - set(outgoing.KINDS))
    if unknown:
        raise ValueError(f"There is no event {unknown[0]!r}; there are: {', '.join(sorted(outgoing.KINDS))}.")
    return sorted(set(kinds))


def _host(url: str) -> str:
    return origin(url)[1]


def _shown(name: str, value: Any) -> Any:
    """Paths and queries of addresses often carry a token, so the audit names the host alone."""
    return _host(value) if name == "url" else value


def _record(endpoint: EventEndpoint, verb: str, actor: audit.Actor, **detail: Any) -> None:
    audit.record(
        actor=actor,
        action=f"event-endpoint.{verb}",
        subject=endpoint.name or _host(endpoint.url),
        subject_id=str(endpoint.pk),
        detail=detail,
    )
