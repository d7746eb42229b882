"""One mail for all that is new: problems that opened and problems that ended, to those whom the customer chose.

An alert is marked as told after its mail was accepted, so a mail that could not be sent is tried again; its
Message-ID depends only on what it tells.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.defaultfilters import pluralize

from integrations.alerting.acknowledging import current_settings
from integrations.alerting.kinds import KINDS
from integrations.models import Alert
from tenants.models import Customer, Membership, Role

log = logging.getLogger(__name__)

MOST_LINES = 50
"""A longer list is cut in the mail; the portal and the API have all of it."""


def tell(customer: Customer, *, now: datetime) -> bool:
    """Sends what has not been told yet. False if it has to be tried again."""
    opened, ended = _untold()
    recipients = recipients_of(customer) if opened or ended else []
    if not recipients or not settings.EMAIL_ENABLED:
        return True
    message = _message(customer, recipients, opened, ended)
    try:
        message.send()
    except (SMTPException, OSError) as error:
        log.warning("alert mail not sent", extra={"reason": type(error).__name__, "alerts": len(opened) + len(ended)})
        return False
    with transaction.atomic():
        Alert.objects.filter(pk__in=[alert.pk for alert in opened]).update(told_at=now)
        Alert.objects.filter(pk__in=[alert.pk for alert in ended]).update(recovery_told_at=now)
    return True


def recipients_of(customer: Customer) -> list[str]:
    """The addresses that were entered, and those of the customer's owners if they were asked for; each once."""
    chosen = current_settings()
    owners = Membership.objects.filter(customer=customer, role=Role.OWNER, person__is_active=True)
    addresses = list(chosen.recipients)
    if chosen.to_owners:
        addresses += owners.order_by("person__email").values_list("person__email", flat=True)
    return list(dict.fromkeys(address.lower() for address in addresses))


def _untold() -> tuple[list[Alert], list[Alert]]:
    """What opened and nobody knows of, and what ended and was told of. What ended untold is nobody's news."""
    muted = current_settings().muted
    opened = Alert.objects.filter(state=Alert.State.OPEN, told_at__isnull=True).exclude(kind__in=muted)
    ended = Alert.objects.filter(state=Alert.State.RECOVERED, told_at__isnull=False, recovery_told_at__isnull=True)
    return list(opened.order_by("first_seen_at")), list(ended.order_by("recovered_at"))


def _message(
    customer: Customer, recipients: Sequence[str], opened: Sequence[Alert], ended: Sequence[Alert]
) -> EmailMessage:
    heads = []
    if opened:
        heads.append(f"{len(opened)} problem{pluralize(len(opened))}")
    if ended:
        heads.append(f"{len(ended)} solved")
    told = "|".join(sorted([f"+{alert.pk}" for alert in opened] + [f"-{alert.pk}" for alert in ended]))
    mark = hashlib.sha256(told.encode()).hexdigest()[:32]
    return EmailMessage(
        subject=f"[ml-connector] {' '.join(customer.name.split())}: {', '.join(heads)}",
        body=_text(customer, opened, ended),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=list(recipients),
        headers={"Message-ID": f"<alerts.{mark}@{settings.PUBLIC_HOST}>", "Auto-Submitted": "auto-generated"},
    )


def _text(customer: Customer, opened: Sequence[Alert], ended: Sequence[Alert]) -> str:
    lines: list[str] = []
    for alert in opened[:MOST_LINES]:
        kind = KINDS[alert.kind]
        lines += [f"{kind.title}: {alert.subject}", f"    {_line(alert)}", f"    {kind.advice} ({kind.page})", ""]
    if len(opened) > MOST_LINES:
        lines += [f"... and {len(opened) - MOST_LINES} more.", ""]
    if ended:
        lines.append("Solved:")
        lines += [f"    {KINDS[alert.kind].title}: {alert.subject}" for alert in ended[:MOST_LINES]]
        lines.append("")
    lines.append(_address(customer))
    return "\n".join(lines)


def _line(alert: Alert) -> str:
    counted = f"{alert.count:,} records. " if alert.count > 1 else ""
    since = f"Since {alert.first_seen_at:%Y-%m-%d %H:%M} UTC."
    return " ".join(f"{counted}{alert.detail} {since}".split())


def _address(customer: Customer) -> str:
    domain = customer.domains.order_by("-is_primary", "domain").values_list("domain", flat=True).first()
    scheme = "https" if settings.HTTPS else "http"
    return f"{scheme}://{domain or settings.PUBLIC_HOST}/"
