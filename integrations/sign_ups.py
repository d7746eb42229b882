"""A customer for whoever has signed up and proven their address; within the request that proves it."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from allauth.account.signals import email_confirmed
from django.db import transaction

from integrations import customers
from integrations.audit import Actor
from integrations.refusals import CannotBeDone
from tenants.joining_models import SignUp
from tenants.models import RESERVED_SCHEMAS, Customer, Person

LONGEST = 30
RESERVED = {
    *RESERVED_SCHEMAS, "www", "api", "app", "admin", "mail", "smtp", "ftp", "ns", "status", "support", "help", "login",
    "signin", "account", "accounts", "auth", "static", "assets", "cdn", "docs", "blog", "test",
}  # fmt: skip
"""Names that would pass for the platform's own in an address."""
TRIES = 50
A_DAY = 200
"""Sign-ups of an installation in 24 hours, proven or not: each makes a schema, which strangers do not without bound."""


def is_full(now: datetime) -> bool:
    """Whether as many companies have come, or are about to, within a day as may."""
    day = now - timedelta(days=1)
    waiting = SignUp.objects.filter(created_at__gt=day)[:A_DAY].count()
    made = Customer.objects.filter(created_at__gt=day)[:A_DAY].count()
    return bool(waiting + made >= A_DAY)


def listen() -> None:
    """To be called once, when the apps are ready."""
    email_confirmed.connect(_proven, dispatch_uid="customer-of-a-sign-up")


def _proven(email_address: Any, **_: Any) -> None:
    make_customer(email_address.user)


@transaction.atomic
def make_customer(person: Person) -> Customer | None:
    """The customer that the person has signed up for, with the person as its owner; None if there is none to make."""
    wanted = SignUp.objects.select_for_update().filter(person=person).first()
    if wanted is None:
        return None
    wanted.delete()
    actor = Actor(kind="person", id=str(person.pk), label=person.email)
    given = {"name": wanted.company, "time_zone": wanted.time_zone, "owner": person.email}
    for name in names(wanted.company):
        try:
            with transaction.atomic():
                return customers.create(actor=actor, schema_name=name, **given)
        except CannotBeDone:  # the name is taken: the next one
            continue
    raise CannotBeDone(f"{wanted.company}: there are too many customers of this name.")


def names(company: str) -> Iterator[str]:
    """Schema names for a company, the best one first: "acme_plumbing", "acme_plumbing_2", ..."""
    plain = unicodedata.normalize("NFKD", company).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST].strip("_")
    if not name or not name[0].isalpha() or len(name) < 2 or name.startswith("pg_"):
        name = f"company_{name}".strip("_")
    if name not in RESERVED:
        yield name
    yield from (f"{name}_{number}" for number in range(2, TRIES))
    yield f"{name[:LONGEST]}_{secrets.token_hex(4)}"  # so that nobody uses up all names of a company
