"""The cached token of a connection: who fetches, who waits, and what is believed when it goes wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.db import connection as database
from django_tenants.utils import schema_context

from integrations.connection import Token
from integrations.errors import BadCredentials, Transient
from integrations.models import Connection
from integrations.tokens import DatabaseTokens, _lock_number

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def saved(**values: Any) -> Connection:
    given = {"system": "sap", "name": "SAP", "environment": "sandbox", "base_url": "https://sap.example.com"}
    return Connection.objects.create(**{**given, **values})


def token(value="canary-1", minutes=60.0, since=NOW):
    expires_at = since + timedelta(minutes=minutes)
    return Token(value, expires_at, expires_at - timedelta(minutes=minutes / 10))


class Fetch:
    """Answers one thing after another; counts."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def tokens(row, now=NOW, **options):
    return DatabaseTokens(row, clock=lambda: now, **options)


def test_refused_credentials_pause_the_connection_and_are_not_tried_again(in_acme):
    row = saved()
    fetch = Fetch(BadCredentials("SAP refused the client id and secret."))
    with pytest.raises(BadCredentials):
        tokens(row).token(fetch)
    row.refresh_from_db()
    assert (row.state, row.pause_code) == ("paused", "bad-credentials")
    with pytest.raises(BadCredentials, match="SAP refused the client id and secret"):
        tokens(Connection.objects.get()).token(fetch)
    assert fetch.calls == 1


def test_a_probe_tries_refused_credentials_again(in_acme):
    row = saved(state="paused", pause_code="bad-credentials", pause_reason="No.")
    fetch = Fetch(token())
    assert tokens(row, probing=True).token(fetch).value == "canary-1"


def test_credentials_replaced_during_a_refused_sign_in_are_not_paused(in_acme):
    row = saved()

    def replaced_meanwhile():
        Connection.objects.filter(pk=row.pk).update(credentials_changed_at=NOW)
        raise BadCredentials("The old ones.")

    with pytest.raises(BadCredentials):
        tokens(row).token(replaced_meanwhile)
    assert Connection.objects.get().state == "ok"


def test_a_token_of_replaced_credentials_is_not_stored(in_acme):
    row = saved()

    def replaced_meanwhile():
        Connection.objects.filter(pk=row.pk).update(credentials_changed_at=NOW)
        return token("canary-of-the-old-ones")

    tokens(row).token(replaced_meanwhile)
    assert Connection.objects.get().token.reveal() == ""


@pytest.mark.parametrize("stored", [None, "canary-of-the-new-ones"])
def test_credentials_replaced_before_a_sign_in_are_neither_tried_nor_mixed_with_the_new_ones(in_acme, stored):
    """A client that was opened with the old ones neither pauses the new ones nor works with their token."""
    row = saved()
    old, fetch = tokens(row), Fetch()
    kept = token(stored or "")
    values = {"token": kept.value, "token_expires_at": kept.expires_at, "token_renew_at": kept.renew_at}
    Connection.objects.filter(pk=row.pk).update(credentials_changed_at=NOW, **values if stored else {})
    with pytest.raises(Transient, match="SAP's credentials were replaced a moment ago") as refused:
        old.token(fetch)
    assert (refused.value.code, fetch.calls) == ("credentials-replaced", 0)
    now = Connection.objects.get()
    assert (now.state, now.token.reveal()) == ("ok", stored or "")


def test_a_renewal_that_fails_for_the_moment_leaves_the_old_token_in_use_until_it_expires(in_acme):
    row = saved()
    tokens(row).token(Fetch(token("canary-old")))
    due = NOW + timedelta(minutes=55)
    down = Fetch(Transient("down"), Transient("down"))
    assert tokens(Connection.objects.get(), due).token(down).value == "canary-old"
    with pytest.raises(Transient, match="down"):
        tokens(Connection.objects.get(), NOW + timedelta(minutes=60)).token(down)
    assert down.calls == 2


def test_a_refused_token_is_not_used_again_when_its_renewal_fails(in_acme):
    row = saved()
    tokens(row).token(Fetch(token("canary-refused")))
    with pytest.raises(Transient):
        tokens(row).token(Fetch(Transient("down")), stale="canary-refused")


def test_a_cached_token_costs_no_fetch_and_no_query(in_acme, django_assert_num_queries):
    tokens(saved()).token(Fetch(token()))
    row = Connection.objects.get()
    with django_assert_num_queries(0):
        assert tokens(row).token(Fetch()).value == "canary-1"


@pytest.mark.parametrize(("minutes", "fetched"), [(53.9, 0), (54, 1), (61, 1)])
def test_a_token_is_renewed_ahead_of_its_expiry(in_acme, minutes, fetched):
    tokens(saved()).token(Fetch(token("canary-old", 60)))
    now = NOW + timedelta(minutes=minutes)
    fetch = Fetch(token("canary-new", since=now))
    tokens(Connection.objects.get(), now).token(fetch)
    assert fetch.calls == fetched


def test_what_another_process_has_renewed_meanwhile_is_read_and_not_fetched(in_acme):
    row = saved()
    tokens(row).token(Fetch(token("canary-stale")))
    tokens(Connection.objects.get()).token(Fetch(token("canary-renewed")), stale="canary-stale")
    assert tokens(row).token(Fetch(), stale="canary-stale").value == "canary-renewed"


def test_every_token_handed_out_is_concealed(in_acme):
    heard: list[str] = []
    row = saved()
    tokens(row, conceal=heard.append).token(Fetch(token("canary-a")))
    tokens(Connection.objects.get(), conceal=heard.append).token(Fetch())
    assert heard == ["canary-a", "canary-a"]


def test_a_token_is_not_fetched_inside_a_transaction(in_acme):
    row = saved()
    with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
        tokens(row).token(Fetch(token()))


def test_a_stored_token_is_encrypted(in_acme):
    tokens(saved()).token(Fetch(token()))
    with database.cursor() as cursor:
        cursor.execute("SELECT token FROM integrations_connection")
        assert b"canary" not in bytes(cursor.fetchone()[0])


def test_of_many_threads_one_fetches_and_nobody_is_kept_from_the_row(own_database, acme):
    with schema_context("acme"):
        saved()
    started, go_on, fetched, got = threading.Event(), threading.Event(), [], []

    def fetch():
        fetched.append(1)
        started.set()
        assert go_on.wait(30)
        return token()

    def work():
        with schema_context("acme"):
            got.append(tokens(Connection.objects.get()).token(fetch).value)
        database.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert started.wait(30)
    with schema_context("acme"), transaction.atomic():  # somebody saves the row during the remote call
        Connection.objects.select_for_update(nowait=True).update(name="renamed meanwhile")
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert (len(fetched), got) == (1, ["canary-1"] * 6)
    with schema_context("acme"):
        assert Connection.objects.get().name == "renamed meanwhile"


PROCESS = """
import django, sys; django.setup()
from datetime import UTC, datetime, timedelta
from django_tenants.utils import schema_context
from integrations.connection import Token
from integrations.models import Connection
from integrations.tokens import DatabaseTokens, _lock_number

def fetch():
    print("fetching", flush=True)
    sys.stdin.readline()
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    return Token("canary-of-a-process", expires_at, expires_at)

with schema_context("acme"):
    row = Connection.objects.get()
    print("ready", flush=True)
    sys.stdin.readline()
    print(DatabaseTokens(row).token(fetch).value, flush=True)
"""


def process(copy):
    command = [sys.executable, "-c", PROCESS]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=copy.environment, stdin=pipe, stdout=pipe, text=True)


def say(worker):
    worker.stdin.write("go\n")
    worker.stdin.flush()


def waiting_for_the_lock():
    with database.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0]:
                return


def test_of_two_processes_one_fetches_and_if_it_dies_the_other_does(own_database, acme):
    with schema_context("acme"):
        saved()
    first, second, third = (process(own_database) for _ in range(3))
    try:
        assert [worker.stdout.readline() for worker in (first, second, third)] == ["ready\n"] * 3
        say(first)
        assert first.stdout.readline() == "fetching\n"
        say(second)
        waiting_for_the_lock()
        first.kill()
        assert second.stdout.readline() == "fetching\n"
        say(third)
        waiting_for_the_lock()
        say(second)
        assert second.stdout.readline() == "canary-of-a-process\n"
        assert third.stdout.readline() == "canary-of-a-process\n"  # without a word of fetching
    finally:
        for worker in (first, second, third):
            worker.kill()
            worker.communicate()


def test_who_waits_too_long_for_another_process_may_try_again_later(own_database, acme):
    with schema_context("acme"):
        row = saved()
        other = DatabaseTokens(Connection.objects.get())
        guard = database.copy()
        try:
            with guard.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_lock_number(row)])
            other._patience = 0.05
            with pytest.raises(Transient, match="has been signing in to SAP"):
                other.token(Fetch(token()))
        finally:
            guard.close()
        assert other.token(Fetch(token())).value == "canary-1"


def test_where_statements_end_before_patience_does_waiting_too_long_is_told_all_the_same(own_database, acme):
    with schema_context("acme"):
        row = saved()
        other = DatabaseTokens(Connection.objects.get())
        guard = database.copy()
        try:
            with guard.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_lock_number(row)])
            with database.cursor() as cursor:
                cursor.execute("SET statement_timeout = '50ms'")
            with pytest.raises(Transient, match="has been signing in to SAP") as told:
                other.token(Fetch(token()))
            assert told.value.code == "token-wait"
        finally:
            guard.close()
            database.close()


def test_a_database_session_that_ends_while_it_waits_is_not_taken_for_another_process(own_database, acme):
    """The fault campaign's seed 2662: the trouble was taken for one of the other system."""
    with schema_context("acme"):
        saved()
        mine = DatabaseTokens(Connection.objects.get())
        ends = threading.Thread(target=end_whoever_waits_for_the_lock)
        guard = database.copy()
        try:
            with guard.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [_lock_number(mine._row)])
            ends.start()
            with pytest.raises(OperationalError, match="terminating connection"):
                mine.token(Fetch(token()))
        finally:
            ends.join()
            guard.close()
            database.close()


def end_whoever_waits_for_the_lock() -> None:
    waiting_for_the_lock()
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'"
        )
    database.close()
