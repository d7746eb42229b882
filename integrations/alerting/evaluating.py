"""Opens an alert when a finding is new, and ends it when it is gone. One customer, one worker at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from integrations import outgoing
from integrations.alerting import kinds, mailing
from integrations.alerting.acknowledging import locked_settings
from integrations.alerting.findings import Finding, Look, all_findings
from integrations.models import Alert, AlertSettings
from tenants import schedule
from tenants.models import Customer
from tenants.schema import within

AGAIN = timedelta(minutes=5)
"""A customer with an open alert, or with mail that could not be sent, is looked at so often."""
LONGEST = timedelta(hours=6)
"""Each other customer is looked at so often at least; what happens meanwhile says so by itself."""


def evaluate_claim(claim: schedule.Claim, *, clock: Callable[[], datetime]) -> None:
    """Evaluates the claimed customer, sends mail, and says when to look again."""
    begun = schedule.begin(claim, now=clock(), lease_seconds=settings.LEASE_SECONDS)
    if begun is None:
        return  # this message came twice, or too late
    customer = Customer.objects.get(pk=begun.customer_id)
    with within(customer):
        evaluate(customer, now=clock())
        told = mailing.tell(customer, now=clock())
        again = AGAIN if not told or Alert.objects.filter(state__in=Alert.ACTIVE).exists() else _pause()
        schedule.release(begun, now=clock(), due_at=clock() + again)


def evaluate(customer: Customer, *, now: datetime) -> list[Finding]:
    """Brings the alerts of the schema in use up to date, in one transaction; answers what is wrong now."""
    with transaction.atomic():
        chosen = locked_settings()  # two evaluations go one after the other
        active = {alert.cause: alert for alert in Alert.objects.filter(state__in=Alert.ACTIVE)}
        look = Look(customer, chosen, now, open_causes=frozenset(active))
        before = chosen.marks
        found = {finding.cause: finding for finding in all_findings(look)}
        for cause, finding in found.items():
            if cause in active:
                _goes_on(active[cause], finding, now)
            else:
                _open(finding, now)
        for cause, alert in active.items():
            if cause not in found and alert.kind not in look.unreadable:
                _recover(alert, now)
        if chosen.marks != before:
            chosen.save(update_fields=["marks"])
    return list(found.values())


def _open(finding: Finding, now: datetime) -> None:
    alert = Alert.objects.create(
        kind=finding.kind,
        cause=finding.cause,
        subject=finding.subject[:200],
        detail=finding.detail,
        count=finding.count,
        first_seen_at=now,
        last_seen_at=now,
    )
    _emit(outgoing.ALERT_OPENED, alert, now)
    if finding.kind == kinds.STALLED:
        data = {"flow": finding.subject, "sync": finding.subject_id, "code": "stalled", "reason": finding.detail}
        outgoing.emit(outgoing.SYNC_STALLED, subject=finding.subject_id, data=data, now=now)


def _goes_on(alert: Alert, finding: Finding, now: datetime) -> None:
    alert.last_seen_at, alert.detail, alert.count = now, finding.detail, finding.count
    alert.save(update_fields=["last_seen_at", "detail", "count"])


def _recover(alert: Alert, now: datetime) -> None:
    alert.state, alert.recovered_at = Alert.State.RECOVERED, now
    alert.save(update_fields=["state", "recovered_at"])
    _emit(outgoing.ALERT_RECOVERED, alert, now)


def _emit(kind: str, alert: Alert, now: datetime) -> None:
    data = {
        "alert": alert.pk,
        "kind": alert.kind,
        "subject": alert.subject,
        "detail": alert.detail,
        "count": alert.count,
        "first_seen_at": alert.first_seen_at,
        "runbook": kinds.KINDS[alert.kind].page,
    }
    outgoing.emit(kind, subject=str(alert.pk), data=data, dedupe=f"{kind}:{alert.pk}", now=now)


def _pause() -> timedelta:
    """Half of what it takes to call a sync stalled, so that a cursor is seen at least twice in that time."""
    hours = AlertSettings.objects.values_list("stalled_hours", flat=True).filter(id=1).first() or 6
    return min(timedelta(hours=hours) / 2, LONGEST)
