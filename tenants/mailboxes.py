"""Whose mail address is proven. Who signs up has to prove it; for whom the hosting team adds, it vouches."""

from __future__ import annotations

from tenants.models import Person


def vouch(person: Person) -> None:
    """The person's address counts as proven; no other address opens the account any more."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()
    given = {"verified": True, "primary": True}
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults=given)


def is_proven(person: Person) -> bool:
    """Whether the person's address is known to be theirs."""
    from allauth.account.models import EmailAddress

    return bool(EmailAddress.objects.filter(user=person, email=person.email, verified=True).exists())
