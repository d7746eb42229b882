"""How `manage.py` ends where the installation is at fault: one line that says what to do, no traceback."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, ProgrammingError

NOT_THERE = ("42P01", "3F000", "42703")
"""No such table, schema, column: PostgreSQL, "Appendix A. PostgreSQL Error Codes"."""


def trouble_with(error: BaseException) -> str:
    """What is wrong with the settings or the database, and what to do; "" where `error` is about something else."""
    if isinstance(error, ImproperlyConfigured):
        return str(error)
    if isinstance(error, ProgrammingError) and getattr(error.__cause__, "sqlstate", None) in NOT_THERE:
        return "The database is not at the version of this code. Bring it there: manage.py migrate_customers."
    if isinstance(error, OperationalError | InterfaceError):
        words = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        hint = " In a checkout it is started by: python -m devservices up." if settings.DEVELOPMENT else ""
        return f"The database cannot be used: {words}.{hint}"
    return ""
