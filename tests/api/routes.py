"""Every operation of the API on a customer's host, found by walking its urls."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ANY_ID = uuid.UUID("01890000-0000-7000-8000-000000000001")


@dataclass(frozen=True)
class Operation:
    """`template`: with {name} for what varies; `path`: with something of that kind in its place."""

    method: str
    template: str
    path: str
    needs: str
    view: Any


def operations(urls: str = "integrations.api.urls") -> Iterator[Operation]:
    """Each method of each route, except the OpenAPI document."""
    for pattern in import_module(urls).urlpatterns:
        view = getattr(pattern.callback, "view_class", None)
        if view is None:
            continue
        template = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        path = re.sub(r"<uuid:\w+>", str(ANY_ID), str(pattern.pattern))
        path = re.sub(r"<(?:\w+:)?\w+>", "vendors", path)
        for method in METHODS:
            if hasattr(view, method.lower()):
                yield Operation(method, template, path, view.scopes[method], view)
