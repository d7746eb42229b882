"""The lines that the bench ends with."""

from __future__ import annotations

from collections.abc import Iterable

from bench.question import Figure


def line(figure: Figure) -> str:
    """A figure with its spread over the rounds."""
    spread = f" ({min(figure.values):.4g} to {max(figure.values):.4g})" if len(figure.values) > 1 else ""
    unit = f" {figure.unit}" if figure.unit else ""
    note = f" [{figure.note}]" if figure.note else ""
    return f"{figure.what}: {figure.middle:.4g}{unit}{spread}{note}"


def others(figures: Iterable[Figure]) -> list[str]:
    """A line for each figure with a limit that belongs to no target of the design."""
    return [
        f"{'reached:    ' if one.reached else 'NOT reached:'} {line(one)}, limit {limit(one)}"
        for one in figures
        if one.limit is not None and not one.row
    ]


def limit(figure: Figure) -> str:
    """What a figure has to be: "<= 10 ms"."""
    sign = ">=" if figure.at_least else "<="
    return f"{sign} {figure.limit:g}{' ' + figure.unit if figure.unit else ''}"
