"""Structured logs: one line per event, as JSON in production; keys that name a secret lose their value.

Our own lines carry their details (`extra`) and the customer they are about. Tracebacks never show variables: a client
in the middle of a call holds credentials.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from io import StringIO
from typing import Any

import structlog
from django.db import connection

from connector import scrubbing

FORMATS = ("console", "json")
OURS = ("connector", "integrations", "tenants")


def without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces the value of every key whose name contains a word for a secret."""
    for key in event:
        if scrubbing.names_secret(key):
            event[key] = scrubbing.HIDDEN
    return event


def without_secret_shapes(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last net, over everything that is about to be written, the text of exceptions included."""
    for key, value in event.items():
        event[key] = scrubbing.anything(value)
    return event


def with_scrubbed_traceback(handle: Any, error: Any) -> None:
    """A traceback without values of variables, and without what looks like a secret in its texts."""
    text = StringIO()
    structlog.dev.plain_traceback(text, error)
    handle.write(scrubbing.text(text.getvalue()))


_add_details = structlog.stdlib.ExtraAdder()


def with_details(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Adds what a line of ours says besides its text. Other libraries attach requests and arguments: left out."""
    record = event.get("_record")
    if record is None or record.name.partition(".")[0] not in OURS:
        return event
    schema_name = getattr(connection, "schema_name", None)
    if schema_name and schema_name != "public":
        event["customer"] = schema_name
    return _add_details(logger, method, event)


TALKATIVE = ("django.server", "celery.beat", "celery.worker.strategy", "celery.app.trace")  # a line per tick, or more
TELLTALES = ("urllib3.connectionpool",)  # the whole path of each call; those of event endpoints often hold a token

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    with_details,
    without_secrets,
]


def configuration(*, form: str, level: str) -> dict[str, Any]:
    """Django's LOGGING, and structlog set up to go through it."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, without_secret_shapes, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            without_secret_shapes,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=with_scrubbed_traceback),
        ]
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": "WARNING"} for name in (*TALKATIVE, *TELLTALES)},
    }
