"""The only door to field encryption: model fields whose values are encrypted under the customer's own keys.

Reading such a field gives a `Secret`: it shows nothing in a repr, a template, an admin page or a log line, and it
cannot be pickled or put into JSON. `reveal()` gives the value, at the one place that needs it. Assigning a plain
value is fine; it is wrapped at once. The stored form is a Fernet token in a `bytea` column.

    connection.credentials = {"password": "..."}     # wrapped
    connection.credentials                           # <Secret>
    bool(connection.credentials)                     # True: something is set
    connection.credentials.reveal()["password"]      # the value
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Never, TypeVar, cast
from uuid import UUID

import fernet_fields
from django import forms
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import connection, models
from django.db.models.query_utils import DeferredAttribute
from django_tenants.utils import get_public_schema_name, get_tenant_model

from integrations.keyring import CustomerKeys, KeyMissing, KeyRingError, check_ring, customer_keys

if TYPE_CHECKING:
    _Text = models.TextField[Any, Any]
    _Json = models.JSONField[Any, Any]
else:
    _Text = fernet_fields.EncryptedTextField
    _Json = fernet_fields.EncryptedJSONField

T = TypeVar("T")

HIDDEN = "********"

database: Any = connection  # django-tenants adds the schema and the customer to it


class NoCustomer(Exception):
    """A secret was read or written outside of a customer's schema."""

    def __init__(self) -> None:
        super().__init__("Secrets belong to a customer, and no customer's schema is in use here.")


class Secret(Generic[T]):
    """A value that is only seen by calling `reveal()`. False if the value is empty."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """The value itself. Code calls this; a template cannot."""
        return self._value

    reveal.alters_data = True  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return "<Secret>"

    def __str__(self) -> str:
        return HIDDEN if self._value else ""

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and bool(self._value == other._value)

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Secret[T]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret[T]:
        return self

    def __reduce__(self) -> Never:
        raise TypeError("A secret is not serialised.")


def reveal(value: Any) -> Any:
    """The plain value of a Secret; anything else as it is."""
    return value.reveal() if isinstance(value, Secret) else value


def current_keys() -> CustomerKeys:
    """The keys of the customer whose schema is in use. Raises NoCustomer and KeyRingError."""
    return customer_keys(tuple(settings.FIELD_KEYS), _key_id())


@checks.register(checks.Tags.security)
def check_field_keys(**_: Any) -> list[checks.CheckMessage]:
    """Tells of a malformed key ring before anybody meets it."""
    try:
        check_ring(settings.FIELD_KEYS)
    except KeyRingError as error:
        return [checks.Error(str(error), id="integrations.E001")]
    return []


def encrypted_fields() -> list[models.Field[Any, Any]]:
    """Every encrypted field of the customers' tables."""
    return [
        field
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField | EncryptedJSONField)
    ]


def _key_id() -> UUID:
    tenant = database.tenant
    if tenant is None or tenant.schema_name == get_public_schema_name():
        raise NoCustomer
    # `schema_context` leaves a stand-in that knows the schema's name only; its key id is looked up once per stand-in,
    # never per name: a name can be given to another customer later.
    if getattr(tenant, "key_id", None) is None:
        found = get_tenant_model().objects.filter(schema_name=tenant.schema_name).values_list("key_id", flat=True)
        tenant.key_id = found.first()
    if tenant.key_id is None:
        raise NoCustomer
    return cast(UUID, tenant.key_id)


class _SecretAttribute(DeferredAttribute):
    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = _hidden(value)


class _WriteOnly(forms.CharField):
    """Shows nothing of what is stored; left empty, it changes nothing."""

    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})

    def prepare_value(self, value: Any) -> str:
        return ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class _CustomerKeyed:
    """What both fields share: the customer's keys, wrapping, and no way out but `reveal()`."""

    descriptor_class = _SecretAttribute

    @property
    def fernet(self) -> CustomerKeys:
        return current_keys()

    def _decrypt(self, value: Any) -> bytes:
        try:
            return self.fernet.decrypt(bytes(value))
        except KeyMissing:
            raise KeyMissing(f"{self} of customer {database.schema_name}") from None

    def from_db_value(self, value: Any, *args: Any) -> Any:
        return _hidden(super().from_db_value(value, *args))  # type: ignore[misc]

    def to_python(self, value: Any) -> Any:
        return super().to_python(reveal(value))  # type: ignore[misc]

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(reveal(value))  # type: ignore[misc]

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        # An expression (bulk_update) is passed on: the values inside of it come here one by one.
        return value if hasattr(value, "as_sql") else super().get_db_prep_save(value, connection)  # type: ignore[misc]

    def value_to_string(self, obj: Any) -> str:
        raise TypeError(f"{self} is encrypted and is not exported.")

    def formfield(self, **kwargs: Any) -> forms.Field:
        return _WriteOnly(required=False, help_text="Stored encrypted and never shown. Leave empty to keep it.")

    def save_form_data(self, instance: Any, data: Any) -> None:
        if data:
            super().save_form_data(instance, data)  # type: ignore[misc]


class EncryptedTextField(_CustomerKeyed, _Text):  # type: ignore[misc]
    """A `Secret[str]`."""


class EncryptedJSONField(_CustomerKeyed, _Json):  # type: ignore[misc]
    """A `Secret` of any JSON value; its types are kept. Entered by code only, it has no form."""

    def formfield(self, **kwargs: Any) -> None:  # type: ignore[override]
        return None


def _hidden(value: Any) -> Any:
    if value is None or isinstance(value, Secret) or hasattr(value, "resolve_expression"):
        return value
    return Secret(value)
