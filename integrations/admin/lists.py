"""What all lists have in common: read only, never counted, nothing encrypted loaded, and a bounded search."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django.core.paginator import Page
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold import paginator
from unfold.admin import ModelAdmin

from integrations.admin.site import customer_site
from integrations.fields import EncryptedJSONField, EncryptedTextField

ENCRYPTED = (EncryptedTextField, EncryptedJSONField)
MOST_FOUND = 500


class InfinitePaginator(paginator.InfinitePaginator):  # type: ignore[misc]
    """Pages of a list of any length, by a statement each. A page behind the last one is empty.

    Its name is what the theme's templates know lists by that are not counted.
    """

    def page(self, number: Any) -> Page[Any]:
        """The rows of a page, read once."""
        at = self.validate_number(number)
        start = (at - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page])
        return cast("Page[Any]", paginator.InfinitePage(rows, at, self))


class ReadOnly(ModelAdmin):  # type: ignore[misc]
    """Shows every field that is not encrypted, and changes none.

    `prefixes`: indexed fields of which a search finds the beginning; `exactly`: indexed fields that it has to name.
    """

    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    paginator = InfinitePaginator
    actions_selection_counter = False  # nobody has counted
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
