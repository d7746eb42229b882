"""Curves as pictures: a small SVG writer for lines over two axes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import floor, log10

from bench.question import Curve

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 180, 40, 50
COLOURS = ("#1f6f8b", "#c8553d", "#588b3a", "#7b4b94", "#b08900")


def svg(curve: Curve) -> str:
    """The curve as an SVG document. Both axes begin at zero."""
    points = [point for line in curve.lines.values() for point in line]
    right, top = max(x for x, _ in points), max(y for _, y in points) or 1.0
    x_ticks, y_ticks = ticks(right), ticks(top)
    right, top = max(right, x_ticks[-1]), max(top, y_ticks[-1])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="{escape(curve.title)}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14" font-weight="bold">{escape(curve.title)}</text>',
        *(_x_tick(tick, right) for tick in x_ticks),
        *(_y_tick(tick, top) for tick in y_ticks),
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(curve.x)}</text>',
        f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(curve.y)}</text>',
    ]
    for number, (name, line) in enumerate(curve.lines.items()):
        parts += _line(name, line, COLOURS[number % len(COLOURS)], number, (right, top))
    return "\n".join([*parts, "</svg>", ""])


def ticks(top: float) -> list[float]:
    """Round numbers from 0 to at least `top`, at most six of them."""
    step = 10 ** floor(log10(top))
    for factor in (0.1, 0.2, 0.5, 1, 2, 5):
        count = -(-top // (step * factor))
        if count <= 5:
            return [step * factor * number for number in range(int(count) + 1)]
    return [0, top]


def _across(x: float, right: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * x / right, 1)


def _down(y: float, top: float) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / top, 1)


def _x_tick(tick: float, right: float) -> str:
    x = _across(tick, right)
    return f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#555">{tick:,.6g}</text>'


def _y_tick(tick: float, top: float) -> str:
    y = _down(tick, top)
    return (
        f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#ddd"/>'
        f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end" fill="#555">{tick:,.6g}</text>'
    )


def _line(
    name: str, line: Sequence[tuple[float, float]], colour: str, number: int, ends: tuple[float, float]
) -> list[str]:
    places = [(_across(x, ends[0]), _down(y, ends[1])) for x, y in line]
    path = " ".join(f"{x},{y}" for x, y in places)
    y = TOP + 12 + 20 * number
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places),
        f'<rect x="{WIDTH - RIGHT + 14}" y="{y - 9}" width="10" height="10" fill="{colour}"/>',
        f'<text x="{WIDTH - RIGHT + 30}" y="{y}">{escape(name)}</text>',
    ]
