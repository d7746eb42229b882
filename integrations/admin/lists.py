"""What all lists have in common: read only, never counted, nothing encrypted loaded, and a bounded search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from integrations.admin.site import customer_site
from integrations.fields import EncryptedJSONField, EncryptedTextField
from tenants.listing import KeysetAdmin

ENCRYPTED = (EncryptedTextField, EncryptedJSONField)
MOST_FOUND = 500
WINDOW = 10_000


class OfNewest(admin.FieldListFilter):
    """By a value that no index knows, because an index would make every write of the table dearer: of the newest rows.

    The table's ids grow with time.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        self.lookup_kwarg = more["field_path"]
        super().__init__(*args, **more)
        self.title = f"{self.title} (of the newest {WINDOW:,})"
        self.lookup_val: Any = cast(Any, self.used_parameters.get(self.lookup_kwarg)) or [""]
        self.value = str(self.lookup_val[-1])

    def expected_parameters(self) -> list[str | None]:
        """The field's name."""
        return [self.lookup_kwarg]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """What the field may hold, and all."""
        for value, title in [("", "All"), *self.options()]:
            link = changelist.get_query_string({self.lookup_kwarg: value} if value else None, [self.lookup_kwarg])
            yield {"selected": self.value == value, "query_string": link, "display": title}

    def options(self) -> list[tuple[str, str]]:
        """The field's choices; of a reference, every row there is: for short tables."""
        return [(str(value), str(title)) for value, title in self.field.get_choices(include_blank=False)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with this value among the newest ones. Where these begin is asked first: it makes a better plan."""
        if self.value not in dict(self.options()):
            return queryset.none() if self.value else queryset
        ids = queryset.model._default_manager.order_by("-pk").values_list("pk", flat=True)
        edge = list(ids[WINDOW : WINDOW + 1])
        found = queryset.filter(**{self.lookup_kwarg: self.value})
        return found.filter(pk__gt=edge[0]) if edge else found


class ReadOnly(KeysetAdmin):
    """Shows every field that is not encrypted, and changes none.

    `prefixes`: indexed fields of which a search finds the beginning; `exactly`: indexed fields that it has to name.
    """

    actions: Any = None
    prefixes: ClassVar[tuple[str, ...]] = ()
    exactly: ClassVar[tuple[str, ...]] = ()

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

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[Any, bool]:
        """By indexes where there are any, and no more than 500 rows: a list of any length is searched as quickly."""
        term = search_term.strip()
        if not term or not (self.prefixes or self.exactly):
            return super().get_search_results(request, queryset, search_term)  # type: ignore[no-any-return]
        return queryset.filter(pk__in=self.found(term)), False

    def found(self, term: str) -> list[Any]:
        """Ids of the rows that a search finds. A statement per field, so that each can use its index."""
        found: list[Any] = []
        for name, how in [(n, "__startswith") for n in self.prefixes] + [(n, "") for n in self.exactly]:
            rows = self.model._default_manager.filter(**{f"{name}{how}": term}).order_by()
            found += rows.values_list("pk", flat=True)[:MOST_FOUND]
        return found

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
