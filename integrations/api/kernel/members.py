"""What a request may hold: serializers that refuse what they do not know, and fields that convert nothing.

A number is not taken for a text, "yes" not for true, a floating-point number not for money.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from integrations.api.kernel.failures import mistakes_in
from integrations.api.kernel.problems import Mistake, Problem


class Strict(serializers.Serializer[Any]):
    """A request body (or a part of it) that holds nothing but its members."""

    def to_internal_value(self, data: Any) -> Any:
        """The members. Raises ValidationError, also for one that does not exist."""
        if not isinstance(data, Mapping):
            sentence = serializers.ErrorDetail("This is a JSON object.", code="not-an-object")
            raise serializers.ValidationError({"non_field_errors": [sentence]})
        known = {name for name, field in self.fields.items() if not field.read_only}
        strange = [str(name) for name in data if name not in known]
        wrong: dict[str, Any] = {
            name: [serializers.ErrorDetail(f"There is no member {name[:80]}.", code="unknown")] for name in strange
        }
        try:
            value = super().to_internal_value({name: inner for name, inner in data.items() if name in known})
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**wrong, **dict(error.detail)}) from None  # type: ignore[arg-type]
        if wrong:
            raise serializers.ValidationError(wrong)
        return value


class Text(serializers.CharField):
    """A JSON string. Not trimmed into something else: surrounding white space is refused."""

    def to_internal_value(self, data: Any) -> str:
        """The text. Raises ValidationError."""
        if not isinstance(data, str):
            raise serializers.ValidationError("This is a text.", code="not-a-text")
        if data != data.strip():
            raise serializers.ValidationError("This begins or ends with white space.", code="white-space")
        return data


class Reason(Strict):
    """Why somebody does this; it is kept in the audit."""

    reason = Text(max_length=500)


class Flag(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        """The flag. Raises ValidationError."""
        if not isinstance(data, bool):
            raise serializers.ValidationError("This is true or false.", code="not-a-flag")
        return data


class Whole(serializers.IntegerField):
    """A whole number."""

    def to_internal_value(self, data: Any) -> int:
        """The number. Raises ValidationError."""
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError("This is a whole number.", code="not-a-number")
        return data


class Instant(serializers.DateTimeField):
    """A moment as ISO 8601 with its offset, e.g. 2026-03-02T08:00:00Z."""

    def enforce_timezone(self, value: Any) -> Any:
        """Raises ValidationError for a time without an offset, which could be anybody's."""
        if value.tzinfo is None:
            raise serializers.ValidationError("This needs an offset, for example Z.", code="no-offset")
        return super().enforce_timezone(value)

    def to_internal_value(self, value: Any) -> Any:
        """The moment. Raises ValidationError."""
        try:
            return super().to_internal_value(value)
        except (OverflowError, TypeError):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")


@extend_schema_field({"type": "string", "pattern": r"^-?[0-9]{1,16}(\.[0-9]{1,6})?$", "examples": ["1250.00"]})
class Money(serializers.DecimalField):
    """An amount as a text ("1250.00"): binary floating-point numbers have no cents."""

    PATTERN = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,6})?")

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=22, decimal_places=6, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        """The amount. Raises ValidationError."""
        if not isinstance(data, str) or not self.PATTERN.fullmatch(data):
            raise serializers.ValidationError('This is an amount as a text, e.g. "1250.00".', code="not-an-amount")
        return Decimal(data)


@extend_schema_field(OpenApiTypes.OBJECT)
class Options(serializers.Field[dict[str, Any], Any, dict[str, Any], Any]):
    """A table of options; what each of them may be is for whoever declares it."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The options, with fractions as floats. Raises ValidationError."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("This is a JSON object.", code="not-an-object")
        return {str(name): plain(value) for name, value in data.items()}

    def to_representation(self, value: Any) -> dict[str, Any]:
        """As it is kept."""
        return dict(value)


def plain(value: Any) -> Any:
    """JSON as it is kept in a JSON column. Raises ValidationError for a number that is too large for that."""
    if isinstance(value, Decimal):
        if not math.isfinite(float(value)):
            raise serializers.ValidationError("This number is too large.", code="too-large")
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def body_of(request: Request, form: type[Strict], *, partial: bool = False) -> dict[str, Any]:
    """The checked body. Raises ValidationError."""
    found = form(data=request.data, partial=partial)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


def filters_of(request: Request, form: type[Strict] | None, *, paged: bool) -> dict[str, Any]:
    """The checked query parameters besides cursor and limit. Raises Problem, also for one that does not exist.

    A parameter that is mistyped would otherwise show everything, and look like an answer.
    """
    given = request.query_params
    twice = [Mistake(f"?{name}", "twice", "This stands there twice.") for name in given if len(given.getlist(name)) > 1]
    asked = {name: given[name] for name in given if not (paged and name in ("cursor", "limit"))}
    try:
        found = (form or Strict)(data=asked)
        found.is_valid(raise_exception=True)
    except (serializers.ValidationError, ValidationError) as error:
        detail = getattr(error, "detail", None) or {"": [str(error)]}
        twice += [Mistake(f"?{m.pointer.lstrip('/')}", m.code, m.detail) for m in mistakes_in(detail)]
    if twice:
        raise Problem("invalid-request", " ".join(f"{m.pointer[1:]}: {m.detail}" for m in twice), errors=twice)
    return dict(found.validated_data)
