"""One page per table, to be read only. Encrypted fields are not shown, not even hidden."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from integrations.admin.site import customer_site
from integrations.fields import EncryptedJSONField, EncryptedTextField
from integrations.models import Attempt, Connection, Delivery, InboundEvent, Link, Reference, Run, Step, Sync, ValueMap

ENCRYPTED = (EncryptedTextField, EncryptedJSONField)


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Shows every field that is not encrypted, and changes none."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """All fields but the encrypted ones."""
        return [field.name for field in self.model._meta.fields if not isinstance(field, ENCRYPTED)]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """All of them."""
        return self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Does not even load what is encrypted."""
        hidden = [field.name for field in self.model._meta.fields if isinstance(field, ENCRYPTED)]
        return super().get_queryset(request).defer(*hidden)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever may open the site."""
        return customer_site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may open the site."""
        return customer_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody, superusers included."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody, superusers included."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody, superusers included."""
        return False


@admin.register(Connection, site=customer_site)
class ConnectionPage(ReadOnly):
    """Accounts at the systems."""

    list_display: ClassVar = ("name", "system", "environment", "state", "checked_at")
    list_filter: ClassVar = ("system", "environment", "state")
    search_fields: ClassVar = ("name", "base_url")


@admin.register(Sync, site=customer_site)
class SyncPage(ReadOnly):
    """Flows that are switched on."""

    list_display: ClassVar = ("flow", "source", "target", "state", "polled_at", "fresh_at")
    list_filter: ClassVar = ("state",)
    search_fields: ClassVar = ("flow",)
    list_select_related: ClassVar = ("source", "target")


@admin.register(Run, site=customer_site)
class RunPage(ReadOnly):
    """Polls."""

    list_display: ClassVar = ("sync", "started_at", "state", "read", "written", "unchanged", "skipped", "quarantined")
    list_filter: ClassVar = ("state", "sync")
    list_select_related: ClassVar = ("sync",)


@admin.register(Delivery, site=customer_site)
class DeliveryPage(ReadOnly):
    """Record versions on their way."""

    list_display: ClassVar = ("label", "source_key", "number", "state", "code", "created_at")
    list_filter: ClassVar = ("state", "sync", "code")
    search_fields: ClassVar = ("source_key", "label", "=steps__target_key")
    list_select_related: ClassVar = ("sync",)


@admin.register(Step, site=customer_site)
class StepPage(ReadOnly):
    """Writes."""

    list_display: ClassVar = ("delivery", "position", "action", "state", "target_key", "done_at")
    list_filter: ClassVar = ("state", "action")
    search_fields: ClassVar = ("target_key", "marker", "delivery__source_key")
    list_select_related: ClassVar = ("delivery",)


@admin.register(Attempt, site=customer_site)
class AttemptPage(ReadOnly):
    """Exchanges."""

    list_display: ClassVar = ("step", "kind", "outcome", "resolution", "status", "code", "intended_at")
    list_filter: ClassVar = ("kind", "outcome")
    search_fields: ClassVar = ("step__delivery__source_key",)
    list_select_related: ClassVar = ("step",)


@admin.register(Link, site=customer_site)
class LinkPage(ReadOnly):
    """The crosswalk."""

    list_display: ClassVar = ("flow", "source_key", "target_key", "generation", "origin", "linked_at")
    list_filter: ClassVar = ("flow", "origin")
    search_fields: ClassVar = ("source_key", "target_key")


@admin.register(ValueMap, site=customer_site)
class ValueMapPage(ReadOnly):
    """The customer's codes."""

    list_display: ClassVar = ("map", "key", "value", "label", "updated_by", "updated_at")
    list_filter: ClassVar = ("map",)
    search_fields: ClassVar = ("key", "value", "label")


@admin.register(Reference, site=customer_site)
class ReferencePage(ReadOnly):
    """Cached reference data."""

    list_display: ClassVar = ("kind", "key", "name", "connection", "refreshed_at")
    list_filter: ClassVar = ("kind", "connection")
    search_fields: ClassVar = ("key", "name")
    list_select_related: ClassVar = ("connection",)


@admin.register(InboundEvent, site=customer_site)
class InboundEventPage(ReadOnly):
    """Webhook calls."""

    list_display: ClassVar = ("type", "object_number", "state", "code", "woken", "received_at")
    list_filter: ClassVar = ("state", "type", "connection")
    search_fields: ClassVar = ("=object_number", "=object_id", "=occurrence")
    list_select_related: ClassVar = ("connection",)
