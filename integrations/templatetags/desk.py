"""Values of records, as people read them."""

from __future__ import annotations

import json
from typing import Any

from django import template

register = template.Library()


@register.filter
def plainly(value: Any) -> str:
    """Texts and numbers as they are; what has members as JSON in the order of their names, so that two can be held
    against each other."""
    if value is None:
        return "none"
    if isinstance(value, bool | dict | list | tuple):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return str(value)
