"""Small pictures made here: a line and bars as SVG, without a script and without a style of their own."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

HEIGHT = 24


def line(values: Sequence[int | None], title: object) -> SafeString:
    """A line through what is known, broken where nothing is; nothing at all where nothing is known.

    `title` says in words what it shows.
    """
    if all(value is None for value in values):
        return mark_safe("")
    most = max((value for value in values if value is not None), default=0) or 1
    runs, run = list[list[str]](), list[str]()
    for at, value in enumerate(values):
        if value is None:
            runs, run = [*runs, run] if run else runs, []
        else:
            run.append(f"{at + 0.5:g},{_y(value, most)}")
    runs = [*runs, run] if run else runs
    drawn = "".join(f'<polyline points="{_points(run)}"/>' for run in runs)
    return _picture(len(values), title, f'<g fill="none" stroke="currentColor" stroke-width="1.5">{drawn}</g>')


def bars(values: Sequence[int], title: object) -> SafeString:
    """A bar for each value; those of nothing are not drawn. Nothing at all where there is none."""
    if not any(values):
        return mark_safe("")
    most = max(values, default=0) or 1
    drawn = "".join(f"M{at:g} {HEIGHT}V{_y(value, most)}h.8V{HEIGHT}z" for at, value in enumerate(values) if value)
    return _picture(len(values), title, f'<path fill="currentColor" d="{drawn}"/>')


def _y(value: int, most: int) -> str:
    return f"{HEIGHT - 1 - (HEIGHT - 2) * min(value, most) / most:.1f}"


def _points(run: list[str]) -> str:
    """A single point is drawn as a short stroke."""
    if len(run) > 1:
        return " ".join(run)
    x, _, y = run[0].partition(",")
    return f"{float(x) - 0.5:g},{y} {float(x) + 0.5:g},{y}"


def _picture(width: int, title: object, drawn: str) -> SafeString:
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="ground" d="M0 {}h{}"/>{}</svg>',
        max(width, 1),
        HEIGHT,
        title,
        HEIGHT - 0.5,
        max(width, 1),
        mark_safe(drawn),  # noqa: S308 - numbers and words of ours
    )
