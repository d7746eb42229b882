"""The OpenAPI 3.1 document: made from what each method says of itself with `describes`.

Everything that is the same everywhere (problem details, Idempotency-Key, If-Match, cursor and limit) is added here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from integrations.api.kernel.members import Strict
from integrations.api.kernel.problems import MEDIA_TYPE, PROBLEMS

Method = TypeVar("Method", bound=Callable[..., Any])
Form = type[serializers.Serializer[Any]]
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a method of a view says of itself, see `describes`."""

    name: str
    summary: str
    text: str
    answer: Form | None
    body: type[Strict] | None
    filters: type[Strict] | None
    paged: bool
    status: int
    example: Any
    body_example: Any
    if_match: bool
    media_type: str


def describes(  # noqa: PLR0913 - named facts, not steps
    name: str,
    summary: str,
    *,
    answer: Form | None = None,
    body: type[Strict] | None = None,
    filters: type[Strict] | None = None,
    paged: bool = False,
    status: int = 200,
    example: Any = None,
    body_example: Any = None,
    if_match: bool = False,
    media_type: str = JSON,
) -> Callable[[Method], Method]:
    """Says what a method of a view takes and answers; its docstring says the rest.

    `name` is the operation's id (list_runs): generated clients name their functions after it. `paged`: the answer is a
    list of `answer`; `example` then is one item. `if_match`: it changes what has an ETag.
    """

    def decorate(method: Method) -> Method:
        text = " ".join((method.__doc__ or "").split())
        cast(Any, method).description = Description(
            name=name,
            summary=summary,
            text=text,
            answer=answer,
            body=body,
            filters=filters,
            paged=paged,
            status=status,
            example=example,
            body_example=body_example,
            if_match=if_match,
            media_type=media_type,
        )
        return method

    return decorate


class MistakeShown(serializers.Serializer[Any]):
    """One wrong value."""

    pointer = serializers.CharField(help_text="JSON pointer into the body; ?name: a query parameter; name:: a header.")
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Problem details (RFC 9457); docs/api.md describes each type. Some types have further members."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    correlation_id = serializers.CharField()
    errors = MistakeShown(many=True)  # type: ignore[assignment]


@cache
def page_of(item: Form) -> Form:
    """The form of a page of these items."""
    name = item.__name__.removesuffix("Shown")
    members: dict[str, Any] = {
        "__doc__": f"A page of a list ({name}).",
        "items": item(many=True),
        "next": serializers.CharField(allow_null=True, help_text="Path and query of the next page; null on the last."),
        "next_cursor": serializers.CharField(allow_null=True, help_text="The cursor of the next page alone."),
    }
    return cast(Form, type(f"{name}Page", (serializers.Serializer,), members))


class Schema(AutoSchema):
    """From a description to an operation of the document."""

    @property
    def _described(self) -> Description:
        return cast(Description, getattr(self.view, self.method.lower()).description)

    def get_operation_id(self) -> str:
        """The name that generated clients use."""
        return self._described.name

    def get_summary(self) -> str:
        """A few words."""
        return self._described.summary

    def get_description(self) -> str:  # type: ignore[override]
        """The method's docstring, and how far a key has to reach."""
        view = cast(Any, self.view)
        return f"{self._described.text} Needs the {view.reach} `{view.scopes[self.method]}`."

    def get_request_serializer(self) -> Any:
        """The body's form; None: there is no body."""
        return self._described.body

    def get_response_serializers(self) -> Any:
        """The answer, and the problems that this operation may end with."""
        described = self._described
        form = described.answer and (page_of(described.answer) if described.paged else described.answer)
        if described.media_type != JSON:
            found: dict[Any, Any] = {(described.status, described.media_type): OpenApiTypes.BINARY}
        else:
            found = {described.status: OpenApiResponse(form, described.summary)}
        for status in sorted(_problems(described, self.method, self.path)):
            names = ", ".join(name for name, (of, _) in PROBLEMS.items() if of == status)
            found[status, MEDIA_TYPE] = OpenApiResponse(Problem, names)
        return found

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """What is not described is refused."""
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        return {**schema, "additionalProperties": False} if isinstance(serializer, Strict) else schema

    def get_override_parameters(self) -> list[Any]:
        """Query parameters and headers."""
        described = self._described
        found: list[Any] = [described.filters] if described.filters else []
        if described.paged:
            found += [CURSOR, LIMIT]
        if self.method == "POST":
            found.append(IDEMPOTENCY_KEY)
        if described.if_match:
            found.append(IF_MATCH)
        return found

    def get_examples(self) -> list[Any]:
        """One example of the body and one of the answer."""
        described, found = self._described, []
        if described.body_example is not None:
            found.append(OpenApiExample("request", value=described.body_example, request_only=True))
        if described.example is not None:
            listed = {"items": [described.example], "next": None, "next_cursor": None}
            value = listed if described.paged else described.example
            found.append(
                OpenApiExample("answer", value=value, response_only=True, status_codes=[str(described.status)])
            )
        return found


def _problems(described: Description, method: str, path: str) -> Iterator[int]:
    yield from (400, 401, 403, 429, 500, 503)
    if "{" in path:
        yield 404
    if method in ("POST", "PUT", "PATCH"):
        yield from (413, 415)
    if method in ("POST", "PUT", "PATCH", "DELETE"):
        yield 409
    if described.if_match:
        yield from (412, 428)


CURSOR = OpenApiParameter("cursor", str, description="`next_cursor` of the page before.")
LIMIT = OpenApiParameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, description="Items on a page."
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="A text of your own for each new request: sent again, it is answered again, and not done again.",
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag of what you have read."
)


@cache
def document(urlconf: str) -> Mapping[str, Any]:
    """The OpenAPI document of the API on the public host or on a customer's host, by the name of its url module."""
    generator = SchemaGenerator(urlconf=urlconf)  # type: ignore[no-untyped-call]
    return cast(Mapping[str, Any], generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
