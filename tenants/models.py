"""The public schema: customers, their hosts, people, and what has to be known across customers."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any, ClassVar, Self
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django_tenants.models import DomainMixin, TenantMixin

from tenants.health_models import SyncHealth  # noqa: F401 - tables are found here
from tenants.joining_models import Invitation, SignUp  # noqa: F401 - tables are found here
from tenants.support_models import DocumentMark, StepIn  # noqa: F401 - tables are found here
from tenants.webhook_models import WebhookAddress, WebhookRefusals  # noqa: F401 - tables are found here

RESERVED_SCHEMAS = ("public", "customer_template", "information_schema")
SCHEMA_NAME = RegexValidator(
    r"\A[a-z][a-z0-9_]{1,40}\Z", "Small letters, digits and underscores, 2 to 41 of them, the first one a letter."
)


def check_schema_name(name: str) -> None:
    """Raises ValidationError for a name that cannot be a customer's schema."""
    SCHEMA_NAME(name)
    if name in RESERVED_SCHEMAS or name.startswith("pg_"):
        raise ValidationError(f"{name} is a name of the platform's own.", code="reserved")


def check_time_zone(name: str) -> None:
    """Raises ValidationError for a name that is not in the time zone database."""
    if name not in available_timezones():
        raise ValidationError(f"{name} is not a time zone such as America/Chicago.", code="time-zone")


class Customer(TenantMixin):  # type: ignore[misc]
    """A contractor. Everything that is theirs stands in the schema of this name.

    `key_id` is what their encryption keys are derived from, so it never changes. Schemas are made by
    `tenants.provision`, never by saving a row. `left_at`: an owner decided to leave, and may still take it back.
    """

    auto_create_schema = False
    auto_drop_schema = False

    schema_name = models.CharField(max_length=41, unique=True, validators=[check_schema_name])
    key_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=60, default="America/New_York", validators=[check_time_zone])
    suspended_at = models.DateTimeField(null=True, blank=True)
    delete_after = models.DateTimeField(null=True, blank=True, help_text="Everything of theirs is removed then.")
    left_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(schema_name__regex=r"^[a-z][a-z0-9_]{1,40}$") & ~Q(schema_name__in=RESERVED_SCHEMAS),
                name="customer_schema_name",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ValidationError if `key_id` was changed."""
        if not self._state.adding:
            stored = Customer.objects.filter(pk=self.pk).values_list("key_id", flat=True).first()
            if stored != self.key_id:
                raise ValidationError("The key id of a customer never changes: nothing encrypted could be read again.")
        super().save(*args, **kwargs)


class Domain(DomainMixin):  # type: ignore[misc]
    """A host name under which a customer is reached; lower case, without port."""

    class Meta:
        ordering: ClassVar = ["domain"]


class PersonManager(BaseUserManager["Person"]):
    """Makes people; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """A person who can sign in; without a password nobody can until one is set."""
        person = Person(email=email, **fields)
        person.set_password(password)
        person.save()
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """An operator of the installation."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> Person:
        """By e-mail address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. Customers' tables point to people by this UUID, without a foreign key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="Works for the hosting team.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering: ClassVar = ["email"]
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name or self.email

    vouched: bool = True  # False for who signs up: they have to prove their address (tenants/mailboxes.py)
    stored_email: str = ""

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        """Remembers the address, so that a change is noticed."""
        person = super().from_db(db, field_names, values, **more)
        person.stored_email = person.email if "email" in field_names else ""
        return person

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the address in lower case, so that one mailbox is one person; a new one is vouched for."""
        from tenants import mailboxes

        self.email = self.email.strip().lower()
        is_new = kwargs.get("update_fields") is None and self.email != self.stored_email
        super().save(*args, **kwargs)
        self.stored_email = self.email
        if is_new and self.vouched:
            mailboxes.vouch(self)


class Role(models.TextChoices):
    """What a person may do at a customer; each role may do what the next one may."""

    OWNER = "owner"
    OPERATOR = "operator"
    VIEWER = "viewer"

    def allows(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) <= order.index(needed)


class Membership(models.Model):
    """A person's role at a customer. Looked up at every request, so that removing it locks out at once.

    `known_as`: what those call them who have added them. Their own name is theirs to tell, by coming: otherwise anybody
    could ask for it, and learn who has an account, by adding an address.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    has_come = models.BooleanField(default=True, db_default=True)
    known_as = models.CharField(max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["customer", "person"], name="one_role_per_customer")]

    def __str__(self) -> str:
        return f"{self.person} at {self.customer}: {self.role}"

    @property
    def shown_name(self) -> str:
        """What the person is called here."""
        return self.person.name if self.has_come else self.known_as


class SignInCode(models.Model):
    """A one-time code that carries a signed-in person from the public host to a customer's host.

    Only hashes are stored (SHA-256, hex): of the code, and of the state that the browser keeps in a cookie on the
    customer's host, so that a code is worth nothing in another browser.
    """

    code_hash = models.CharField(primary_key=True, max_length=64)
    state_hash = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    expires_at = models.DateTimeField()


class SignInFailures(models.Model):
    """Failed sign-ins of one address at one account, counted over a window (tenants/throttle.py)."""

    key_hash = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveIntegerField()
    window_ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "sign in failures"


class ScheduledWork(models.Model):
    """The schedule index: when a sync of a customer has to be looked at, and who does it now (tenants/schedule.py).

    A job has its own id for a sync, a customer's night the id of no sync. `due_at` null: nothing is due. `fence` grows
    by one with every claim. `woken_at`: became due while claimed. `begun`: how often in a row nobody has released it.
    """

    class Kind(models.TextChoices):
        POLL = "poll"
        DELIVER = "deliver"
        INBOUND = "inbound"  # webhook calls: `sync_id` is the connection's
        JOB = "job"
        NIGHT = "night"
        EVENTS = "events"
        ALERTS = "alerts"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="scheduled_work")
    sync_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    queue = models.CharField(max_length=40, default="default")
    priority = models.PositiveSmallIntegerField(default=5, help_text="Within a customer, smaller goes first.")
    due_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True)
    fresh_at = models.DateTimeField(null=True, blank=True, help_text="The source had nothing newer by then.")
    fence = models.BigIntegerField(default=0)
    begun = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "scheduled work"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "sync_id", "kind"], name="scheduled_once"),
        ]
        indexes: ClassVar = [
            models.Index(F("due_at"), name="scheduled_due", condition=Q(due_at__isnull=False)),
            models.Index(F("lease_until"), name="scheduled_leased", condition=Q(lease_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sync_id}"


class ServiceTitanTenant(models.Model):
    """Which customer a ServiceTitan tenant id belongs to. At most one, and only proven ids route webhook calls."""

    environment = models.CharField(max_length=10, choices=[("sandbox", "sandbox"), ("production", "production")])
    tenant_id = models.CharField(max_length=20)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="servicetitan_tenants")
    connection_id = models.UUIDField()
    proven_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "ServiceTitan tenant"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["environment", "tenant_id"], name="servicetitan_tenant_once")
        ]

    def __str__(self) -> str:
        return f"{self.environment} {self.tenant_id}"


class AnsweredCall(models.Model):
    """A POST with an Idempotency-Key, and its answer: the same call again is answered again, and not done again.

    `fingerprint` is the SHA-256 of method, path and body. `status` null: the answer is not known (yet). An answer that
    bore a secret is not kept: `made` says what it was about. `headers` are those that belong to the answer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    began_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(default="")
    headers = models.JSONField(default=dict)
    made = models.CharField(max_length=120, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


class StaffCall(AnsweredCall):
    """A POST of the hosting team on the public host that came with an Idempotency-Key."""

    class Meta(AnsweredCall.Meta):
        constraints: ClassVar = [models.UniqueConstraint(fields=["actor", "key"], name="staff_call_once")]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="staff_call_by_age")]
