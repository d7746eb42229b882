"""The command line as a whole."""

from __future__ import annotations

import django.core.management
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError, connection, transaction

import manage


def test_ctrl_c_ends_a_command_without_a_traceback(monkeypatch, capsys):
    def interrupted(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(django.core.management, "execute_from_command_line", interrupted)
    with pytest.raises(SystemExit) as ended:
        manage.main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "Stopped.\n")


def ended_with(error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """What stands on stderr where a command ended with this error."""

    def failed(arguments: list[str]) -> None:
        raise error

    monkeypatch.setattr(django.core.management, "execute_from_command_line", failed)
    monkeypatch.setattr("sys.argv", ["manage.py", "sync", "acme"])
    with pytest.raises(SystemExit) as ended:
        manage.main()
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_database_that_does_not_answer_is_one_line(monkeypatch, capsys, settings):
    settings.DEVELOPMENT = True
    error = OperationalError('connection to server on socket "/run/x" failed\n\tIs the server running locally?')
    assert ended_with(error, monkeypatch, capsys) == (
        'The database cannot be used: connection to server on socket "/run/x" failed. '
        "In a checkout it is started by: python -m devservices up.\n"
    )


def test_an_installation_is_not_told_of_the_embedded_database(monkeypatch, capsys, settings):
    settings.DEVELOPMENT = False
    assert ended_with(OperationalError("timeout"), monkeypatch, capsys) == "The database cannot be used: timeout.\n"


def test_a_database_without_tables_is_one_line_with_the_command_that_makes_them(monkeypatch, capsys, db):
    with pytest.raises(ProgrammingError) as missing, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM public.not_there_yet")
    assert ended_with(missing.value, monkeypatch, capsys) == (
        "The database is not at the version of this code. Bring it there: manage.py migrate_customers.\n"
    )


def test_wrong_settings_are_told_without_a_traceback(monkeypatch, capsys):
    error = ImproperlyConfigured("The environment is not right:\n  HTTPS: must be on or off")
    assert ended_with(error, monkeypatch, capsys) == "The environment is not right:\n  HTTPS: must be on or off\n"


@pytest.mark.parametrize("error", [ValueError("ours"), ProgrammingError("syntax error")])
def test_a_mistake_of_ours_keeps_its_traceback(monkeypatch, error):
    def failed(arguments: list[str]) -> None:
        raise error

    monkeypatch.setattr(django.core.management, "execute_from_command_line", failed)
    with pytest.raises(type(error)):
        manage.main()
