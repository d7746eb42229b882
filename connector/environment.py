"""Reads the environment strictly: every problem is collected, and all of them are told at once.

A variable may also be given as a file (`NAME_FILE=/run/secrets/name`), which wins over `NAME` and is how secrets are
handed in. A blank variable counts as not set. Values never appear in a message, since they may be secrets.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")


class Environment:
    """The variables of this process, and what is wrong with them.

    A reader returns its default where a variable is wrong, so that one run finds all problems; `finish` raises.
    """

    def __init__(self, variables: MutableMapping[str, str] | None = None) -> None:
        self._variables = environ.FileAwareEnv.ENVIRON.__class__(env=os.environ if variables is None else variables)
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """The variable without surrounding white space; `default` where it is not set."""
        try:
            return str(self._variables.get(name, "")).strip() or default
        except (OSError, UnicodeDecodeError):
            self.problem(name, f"the file that {name}_FILE names cannot be read")
            return default

    def flag(self, name: str, default: bool) -> bool:
        """on/off, yes/no, true/false or 1/0."""
        value = self.text(name).lower()
        if value and value not in TRUE + FALSE:
            self.problem(name, "must be on or off")
        return value in TRUE if value in TRUE + FALSE else default

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number between `least` and `most`."""
        value = self.text(name)
        try:
            number = int(value) if value else default
        except ValueError:
            number = least - 1
        if least <= number <= most:
            return number
        self.problem(name, f"must be a whole number from {least} to {most}")
        return default

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """A list separated by commas; blanks around and between them are ignored."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or list(default)

    def database(self, name: str, default: str) -> dict[str, Any]:
        """A PostgreSQL URL as an entry of DATABASES (`postgres://user:password@host:5432/name`)."""
        value = self.text(name, default)
        try:
            if value.partition("://")[0] in ("postgres", "postgresql"):
                return dict(environ.Env.db_url_config(value))
        except (ValueError, ImproperlyConfigured):
            pass
        self.problem(name, "must be a URL of the form postgres://user:password@host:5432/database")
        return {"NAME": ""}

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """A mail server's URL as Django's EMAIL_ settings; {} where it is not set.

        `smtp+tls://user:password@host:587` (STARTTLS), `smtp+ssl://...:465`, `smtp://host:25` (not encrypted: for a
        server on the same machine), or `consolemail://`, which writes mails to standard error.
        """
        value = self.text(name, default)
        scheme = value.partition("://")[0]
        try:
            if scheme == "consolemail":
                return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
            if scheme in ("smtp", "smtp+tls", "smtp+ssl"):
                found = dict(environ.Env.email_url_config(value))
                given = {key: entry for key, entry in found.items() if key.startswith("EMAIL_") and entry is not None}
                if given.get("EMAIL_HOST") and (scheme != "smtp" or not given.get("EMAIL_HOST_PASSWORD")):
                    return given
        except (ValueError, KeyError, ImproperlyConfigured):
            pass
        if value:
            self.problem(name, "must be of the form smtp+tls://user:password@host:587; smtp:// takes no password")
        return {}

    def problem(self, name: str, sentence: str) -> None:
        """Notes what is wrong with a variable. The sentence must not contain its value."""
        self.problems.append(f"{name} {sentence}.")

    def finish(self) -> None:
        """Raises ImproperlyConfigured with all problems, if there are any."""
        if self.problems:
            lines = "\n".join(f"  - {problem}" for problem in self.problems)
            raise ImproperlyConfigured(f"The environment is not right:\n{lines}\nSee .env.example.")


def redis_url(broker: str) -> str:
    """A Celery broker URL as redis-py reads it; "" where the broker is no Redis or Valkey."""
    if broker.startswith("redis+socket://"):
        return broker.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=", 1)
    return broker if broker.startswith(("redis://", "rediss://", "unix://")) else ""


def read_dotenv(path: Path) -> None:
    """Adds the lines of a `.env` file, if it is there, to the process environment; what is set already wins."""
    if path.is_file():
        environ.Env.read_env(str(path), overwrite=False)
