"""The operators' admin, on the public host: public tables only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.sites import UnfoldAdminSite

from tenants.listing import KeysetAdmin
from tenants.models import Customer, Domain, Membership, Person, ScheduledWork, ServiceTitanTenant
from tenants.provision import create_customer
from tenants.support_models import StepIn
from tenants.webhook_models import WebhookAddress, WebhookRefusals


class OperatorsSite(UnfoldAdminSite):  # type: ignore[misc]
    """For staff, with Django's permissions. Signing in is the public host's own page."""

    site_title = site_header = "ml-connector operators"
    index_title = "Customers and people"
    index_template = "admin/operators/index.html"

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Whoever gets here is signed in (the middleware asks), but no member of staff."""
        raise PermissionDenied


operators = OperatorsSite(name="operators")


class ReadOnly:
    """Rows that the product alone changes."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody."""
        return False


class DomainRows(TabularInline):  # type: ignore[misc]
    """The hosts of a customer."""

    model = Domain
    extra = 0


class MembershipRows(TabularInline):  # type: ignore[misc]
    """The people of a customer, or the customers of a person."""

    model = Membership
    extra = 0
    autocomplete_fields = ("person",)


@admin.register(Customer, site=operators)
class CustomerAdmin(KeysetAdmin):
    """Customers. A new one gets its schema at once; one that leaves is suspended, never deleted here."""

    list_display: ClassVar = ("name", "schema_name", "time_zone", "suspended_at", "created_at")
    search_fields: ClassVar = ("name", "schema_name", "domains__domain")
    ordering: ClassVar = ("name", "id")
    fields: ClassVar = ("name", "schema_name", "time_zone", "suspended_at")
    actions: ClassVar = ("suspend", "resume")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The schema's name is chosen once."""
        return ("schema_name", "suspended_at") if obj else ("suspended_at",)

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> list[type[TabularInline]]:
        """Hosts and people, once the customer is there."""
        return [DomainRows, MembershipRows] if obj else []

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """A new customer is made whole: schema, host and row."""
        if change:
            obj.save()
            return
        made = create_customer(schema_name=obj.schema_name, name=obj.name, time_zone=obj.time_zone)
        obj.__dict__.update(made.__dict__)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody: the schema would be left behind."""
        return False

    @admin.action(description="Suspend: nothing is claimed, nobody gets in", permissions=["change"])
    def suspend(self, request: HttpRequest, chosen: QuerySet[Customer]) -> None:
        """Takes effect at the next claim and the next request."""
        chosen.filter(suspended_at=None).update(suspended_at=timezone.now())

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, chosen: QuerySet[Customer]) -> None:
        """What is overdue is claimed at the next tick."""
        chosen.update(suspended_at=None)


@admin.register(Person, site=operators)
class PersonAdmin(KeysetAdmin, UserAdmin):  # type: ignore[misc, type-arg]
    """People. Only a superuser makes others staff."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter: ClassVar = ("is_active", "is_staff")
    search_fields: ClassVar = ("email", "name")
    ordering: ClassVar = ("email",)
    filter_horizontal: ClassVar = ()
    fieldsets: ClassVar = (
        (None, {"fields": ("email", "name", "password")}),
        ("Hosting team", {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Without being superuser, nobody gives anybody more than they have."""
        dates = ("last_login", "created_at")
        if cast(Person, request.user).is_superuser:
            return dates
        return (*dates, "is_staff", "is_superuser", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A superuser (or their password) is changed by superusers only."""
        above = isinstance(obj, Person) and obj.is_superuser and not cast(Person, request.user).is_superuser
        return not above and bool(super().has_change_permission(request, obj))


@admin.register(Membership, site=operators)
class MembershipAdmin(KeysetAdmin):
    """Who may do what at which customer."""

    list_display: ClassVar = ("person", "customer", "role", "created_at")
    list_filter: ClassVar = ("role",)
    ordering: ClassVar = ("person__email", "id")
    search_fields: ClassVar = ("person__email", "customer__name")
    autocomplete_fields: ClassVar = ("person", "customer")
    list_select_related: ClassVar = ("person", "customer")


@admin.register(Domain, site=operators)
class DomainAdmin(KeysetAdmin):
    """Host names."""

    list_display: ClassVar = ("domain", "tenant", "is_primary")
    ordering: ClassVar = ("domain",)
    search_fields: ClassVar = ("domain", "tenant__name")
    list_select_related: ClassVar = ("tenant",)


@admin.register(ScheduledWork, site=operators)
class ScheduledWorkAdmin(ReadOnly, KeysetAdmin):
    """The schedule index: what is due, and what is being worked on."""

    list_display: ClassVar = ("customer", "kind", "sync_id", "due_at", "late_seconds", "lease_until", "fence")
    list_filter: ClassVar = ("kind", "queue")
    search_fields: ClassVar = ("customer__name", "sync_id")
    list_select_related: ClassVar = ("customer",)
    ordering: ClassVar = ("due_at", "id")
    keyset: ClassVar = ("due", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScheduledWork]:
        """The longest due first; what is never due, last."""
        never = Value(datetime.max.replace(tzinfo=UTC))
        rows: QuerySet[ScheduledWork] = super().get_queryset(request)
        return rows.annotate(due=Coalesce("due_at", never))

    @admin.display(description="late (s)")
    def late_seconds(self, row: ScheduledWork) -> int | None:
        """How long it has been due; None if it is not, or is being worked on."""
        now: datetime = timezone.now()
        if row.due_at is None or row.due_at > now or (row.lease_until and row.lease_until > now):
            return None
        return int((now - row.due_at).total_seconds())


@admin.register(ServiceTitanTenant, site=operators)
class ServiceTitanTenantAdmin(ReadOnly, KeysetAdmin):
    """Which customer a ServiceTitan tenant belongs to."""

    list_display: ClassVar = ("tenant_id", "environment", "customer", "proven_at")
    ordering: ClassVar = ("tenant_id", "id")
    list_filter: ClassVar = ("environment",)
    search_fields: ClassVar = ("tenant_id", "customer__name")
    list_select_related: ClassVar = ("customer",)


@admin.register(WebhookRefusals, site=operators)
class WebhookRefusalsAdmin(ReadOnly, KeysetAdmin):
    """Refused webhook calls, counted; the names of headers tell where ServiceTitan really puts its signature."""

    list_display: ClassVar = ("endpoint", "reason", "count", "first_at", "last_at")
    ordering: ClassVar = ("endpoint", "reason")
    list_filter: ClassVar = ("reason",)
    search_fields: ClassVar = ("endpoint",)


@admin.register(WebhookAddress, site=operators)
class WebhookAddressAdmin(ReadOnly, KeysetAdmin):
    """Webhook addresses of connections with an app of their own."""

    list_display: ClassVar = ("connection_id", "customer", "created_at")
    ordering: ClassVar = ("connection_id",)
    search_fields: ClassVar = ("connection_id", "customer__name")
    list_select_related: ClassVar = ("customer",)


@admin.register(StepIn, site=operators)
class StepInAdmin(ReadOnly, KeysetAdmin):
    """Who stepped in where, and why. The right to add one is the right to step in; it is done from the overview."""

    list_display: ClassVar = ("person", "customer", "role", "reason", "started_at", "ends_at", "ended_at")
    ordering: ClassVar = ("-started_at", "-id")
    list_filter: ClassVar = ("role",)
    search_fields: ClassVar = ("person__email", "customer__name", "reason")
    list_select_related: ClassVar = ("person", "customer")
