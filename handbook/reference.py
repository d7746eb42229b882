"""Pages of the reference, each made from what it is about, so that none can be out of date."""

from __future__ import annotations

import inspect
import os
import re
from argparse import SUPPRESS
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import django

CHECKOUT = Path(__file__).resolve().parent.parent
COMMANDS = ("tenants", "integrations")
CUSTOMERS, HOSTING_TEAM = "connector.urls_customer", "connector.urls_public"
SCOPE = re.compile(r"Needs the scope `(\w+)`")


def pages() -> dict[str, str]:
    """Markdown by path below the site's root."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connector.settings")
    django.setup()
    made = {
        "commands": commands(),
        "settings": environment(),
        "flows": flows(),
        "api": calls(),
        "metrics": metrics(),
        "alerts": alerts(),
        "events": events(),
    }
    return {f"reference/{name}.md": "\n".join(lines) + "\n" for name, lines in made.items()}


def commands() -> Iterator[str]:
    """Each command of ours with its usage, as `--help` prints it."""
    from django.core.management import get_commands, load_command_class

    yield "# Commands\n\nMade from the commands themselves. What their last lines and exit codes mean is in"
    yield "[configuration](../configuration.md#commands).\n"
    for name, app in sorted(get_commands().items()):
        if app not in COMMANDS:
            continue
        parser = load_command_class(str(app), name).create_parser("manage.py", name)
        own = [each for each in parser._actions if each.dest not in SHARED and each.help != SUPPRESS]
        yield f"## {name}\n\n{_sentences(parser.description)}\n"
        yield from _table(("argument", "meaning"), ((_argument(each), _meaning(each)) for each in own))


SHARED = {
    "help", "version", "verbosity", "settings", "pythonpath", "traceback", "no_color", "force_color", "skip_checks",
}  # fmt: skip


def _argument(action: Any) -> str:
    named = ", ".join(action.option_strings) or action.metavar or action.dest
    takes = action.option_strings and action.nargs != 0
    return f"`{named} {action.metavar or action.dest.upper()}`" if takes else f"`{named}`"


def _meaning(action: Any) -> str:
    given = f" (one of {', '.join(f'`{each}`' for each in action.choices)})" if action.choices else ""
    return f"{action.help or ''}{given}"


def environment() -> Iterator[str]:
    """Every setting with the words of .env.example."""
    yield "# Settings\n\nMade from `.env.example`. Any of them may be given as a file: `NAME_FILE=/run/secrets/name`.\n"
    words: list[str] = []
    for line in (CHECKOUT / ".env.example").read_text().splitlines():
        if line.startswith("# ---"):
            yield f"\n## {line.strip('# -')}\n"
            words = []
        elif line.startswith("#"):
            words.append(line.lstrip("# "))
        elif "=" in line:
            name, _, default = line.partition("=")
            yield f"`{name}`" + (f" (`{default}`)" if default else "") + "\n"
            if words:
                yield f":   {_plain(' '.join(words))}\n"
            words = []
        elif not line.strip():
            words = []


def flows() -> Iterator[str]:
    """The story of each flow, and its options with their meaning, choices and defaults."""
    from integrations import catalogue, sync_options
    from integrations.portal.option_words import WORDS

    yield "# Flows\n\nMade from the files in `integrations/flows/`: what each reads, needs and writes.\n"
    for name, flow in sorted(catalogue.flows().items()):
        module = inspect.getmodule(type(flow))
        yield f"## {name}\n\n```text\n{_sentences(inspect.getdoc(module))}\n```\n"
        options = (
            (f"`{option}`", str(WORDS[option][1]), _either(sync_options.choices(name, option)), f"`{value!r}`")
            for option, value in sync_options.declared(name).items()
        )
        yield from _table(("option", "meaning", "one of", "default"), options)


def _either(choices: tuple[str, ...]) -> str:
    return ", ".join(f"`{each}`" for each in choices)


def calls() -> Iterator[str]:
    """Each call of both APIs with the scope that it takes and its summary."""
    yield "# Calls of the API\n\nMade from the OpenAPI documents, which have bodies, answers and examples:"
    yield "`/api/v1/openapi.json` on a customer's host, or on the public one. How to call is in [the API](../api.md).\n"
    for title, urls in (("On a customer's host", CUSTOMERS), ("On the public host", HOSTING_TEAM)):
        yield f"## {title}\n"
        yield from _table(("call", "what it does", "scope"), _calls_of(urls))


def _calls_of(urls: str) -> Iterator[tuple[str, str, str]]:
    from integrations.api.kernel.openapi import document

    for path, methods in sorted(document(urls)["paths"].items()):
        for method, each in methods.items():
            if "responses" in each:
                scope = SCOPE.search(each.get("description", ""))
                takes = f"`{scope[1]}`" if scope else "none: the hosting team's own people call it"
                yield f"`{method.upper()} {path}`", each.get("summary", ""), takes


def metrics() -> Iterator[str]:
    """Each metric with its labels and meaning."""
    from integrations.metrics import GAUGES
    from integrations.telemetry import METRICS

    yield "# Metrics\n\nMade from the code; how they are scraped is in [watching](../watching.md).\n"
    rows: dict[str, tuple[str, tuple[str, ...]]] = {**GAUGES, **_counters(METRICS)}
    yield from _table(
        ("metric", "labels", "meaning"),
        ((f"`{name}`", ", ".join(labels), words) for name, (words, labels) in sorted(rows.items())),
    )


def _counters(declared: Mapping[str, Any]) -> dict[str, tuple[str, tuple[str, ...]]]:
    shown = {name if each.kind == "histogram" else f"{name}_total": each for name, each in declared.items()}
    return {name: (each.help, tuple(each.labels)) for name, each in shown.items()}


def alerts() -> Iterator[str]:
    """Each kind of alert with its page of the runbook."""
    from integrations.alerting import KINDS

    yield "# Alerts\n\nMade from `integrations/alerting/kinds.py`. Who is told: [events and alerts](../events.md).\n"
    rows = ((f"[{kind.title}](../runbook/{name}.md)", kind.advice) for name, kind in sorted(KINDS.items()))
    yield from _table(("alert", "what to do first"), rows)


def events() -> Iterator[str]:
    """Each kind of event that programs can be told."""
    from integrations.outgoing import KINDS

    yield "# Events\n\nMade from `integrations/outgoing.py`. How they are sent, signed and tried again, with an example"
    yield "of each: [events and alerts](../events.md).\n"
    yield from _table(("event", "what has happened"), ((f"`{name}`", words) for name, words in sorted(KINDS.items())))


def _table(heads: tuple[str, ...], rows: Any) -> Iterator[str]:
    lines = [f"| {' | '.join(_plain(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    if lines:
        yield f"| {' | '.join(heads)} |"
        yield f"|{'---|' * len(heads)}"
        yield from lines
        yield ""


def _sentences(text: str | None) -> str:
    return inspect.cleandoc(text or "")


def _plain(text: str) -> str:
    """One line, with nothing that Markdown would take for a tag."""
    return re.sub(r"\s+", " ", text).replace("<", "&lt;")
