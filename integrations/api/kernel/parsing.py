"""Reads request bodies strictly: JSON only, bounded, not deep, no member twice, nothing PostgreSQL could not keep."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import IO, Any, Never

from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from integrations.api.kernel.problems import Problem

BODY_LIMIT = 1024 * 1024
"""Bytes of a request body; a view may state a `body_limit` of its own."""
DEEPEST = 20
"""Objects and lists within each other. What is made of a body walks through it, a function call per level or more."""


class StrictJson(BaseParser):
    """Numbers with a fraction become Decimal. Refuses NaN, members that stand there twice, and NUL characters."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The document. Raises Problem."""
        context = parser_context or {}
        limit = int(getattr(context.get("view"), "body_limit", BODY_LIMIT))
        return loads(_bounded(context["request"]._request, limit))


def _bounded(request: HttpRequest, limit: int) -> bytes:
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        announced = 0
    body = b"" if announced > limit else request.body
    if announced > limit or len(body) > limit:
        raise Problem("too-large", f"A body of at most {limit} bytes is read here.")
    return body


def loads(body: bytes) -> Any:
    """A JSON document, read strictly; {} for an empty body. Raises Problem."""
    if not body:
        return {}
    try:
        found = json.loads(
            _clean(body.decode("utf-8")),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_each_once,
        )
        if _is_deeper(found, DEEPEST):
            raise RecursionError
        return found
    except UnicodeDecodeError:
        raise Problem("malformed-request", "The body is not UTF-8.") from None
    except RecursionError:
        raise Problem("malformed-request", f"The body is nested more than {DEEPEST} levels deep.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Problem("malformed-request", f"The body is not JSON: {error.msg} ({where}).") from None
    except ValueError as error:
        raise Problem("malformed-request", f"The body cannot be read: {error}") from None


def _clean(text: str) -> str:
    # A NUL is written with an escape sequence, and so is half of a surrogate pair; PostgreSQL keeps neither.
    if "\\u" in text and _unstorable(json.loads(text, parse_constant=_no_constant)):
        raise ValueError("A text holds a NUL character or half of a surrogate pair.")
    return text


def _unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, dict):
        return any(_unstorable(name) or _unstorable(inner) for name, inner in value.items())
    return isinstance(value, list) and any(map(_unstorable, value))


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON.")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"The member {name[:80]!r} stands there twice.")
        found[name] = value
    return found


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return not levels or any(_is_deeper(each, levels - 1) for each in inner)


class OneForm(BaseContentNegotiation):
    """Answers are JSON whatever Accept says: there is nothing to choose from."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The parser for the request's media type; None (415) for any but JSON."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The only one."""
        only = next(iter(renderers))
        return only, str(only.media_type)
