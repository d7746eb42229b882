"""The embedded services survive what happens to them on developers' machines: kills, reboots, closed directories."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from devservices import postgres, state, urls, valkey
from devservices.process_identity import command_line

SLEEPER = (sys.executable, "-c", "import time; time.sleep(60)")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout of its own, with services that nobody else uses. pytest's directories are closed to `nobody`."""
    monkeypatch.setattr(state, "CHECKOUT", tmp_path)
    monkeypatch.setattr(state, "FALLBACK_PARENT", Path("/var/tmp"))
    original = state.root
    monkeypatch.setattr(state, "root", lambda instance="": original(instance, checkout=tmp_path))
    yield tmp_path
    valkey.stop("tests")
    postgres.stop("tests")
    remove(state.root("tests").parent)


def remove(directory: Path) -> None:
    subprocess.run(["rm", "-rf", str(directory)], check=True)


def session() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(urls.postgres_dsn("tests"), autocommit=True)


def test_a_second_start_finds_the_living_server(checkout: Path) -> None:
    postgres.start("tests")
    pid = postgres.running("tests")
    postgres.start("tests")
    assert postgres.running("tests") == pid


def test_committed_rows_survive_a_kill_and_an_immediate_start(checkout: Path) -> None:
    postgres.start("main")
    try:
        with psycopg.connect(urls.postgres_dsn("main"), autocommit=True) as connection:
            connection.execute("create table kept (word text)")
            connection.execute("insert into kept values ('still here')")
        os.kill(postgres.running("main"), signal.SIGKILL)
        postgres.start("main")
        with psycopg.connect(urls.postgres_dsn("main")) as connection:
            assert connection.execute("select word from kept").fetchall() == [("still here",)]
    finally:
        postgres.stop("main")


def test_a_pid_file_that_names_another_program_does_not_stop_the_start(checkout: Path) -> None:
    postgres.start("tests")
    pid_file = state.root("tests") / "postgres" / "data" / "postmaster.pid"
    content = pid_file.read_text()
    postgres.stop("tests")
    stranger = subprocess.Popen(SLEEPER)
    try:
        pid_file.write_text(content.replace(content.split("\n", 1)[0], str(stranger.pid), 1))
        assert postgres.running("tests") == 0
        postgres.start("tests")
        with session() as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_stopped_server_is_gone_and_says_so(checkout: Path) -> None:
    postgres.start("tests")
    pid = postgres.running("tests")
    postgres.stop("tests")
    assert (postgres.running("tests"), command_line(pid)) == (0, "")


def test_a_half_made_data_directory_is_made_again(checkout: Path) -> None:
    home = state.give(state.prepare("tests") / "postgres")
    (home / "data.unfinished").mkdir()
    (home / "data.unfinished" / "PG_VERSION").write_text("18")
    postgres.start("tests")
    with session() as connection:
        assert connection.execute("show data_directory").fetchone() == (str(home / "data"),)


def test_open_sessions_are_counted(checkout: Path) -> None:
    postgres.start("tests")
    assert postgres.sessions("tests") == 0
    with session():
        assert postgres.sessions("tests") == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_runs_postgresql_as_nobody_even_from_a_closed_directory(checkout: Path) -> None:
    checkout.chmod(0o700)
    postgres.start("tests")
    assert Path(f"/proc/{postgres.running('tests')}").stat().st_uid == state.service_account()["user"]
    assert state.root("tests").parent.parent == Path("/var/tmp")
    assert checkout.stat().st_mode & 0o777 == 0o700


def test_valkey_has_started_once_it_has_read_what_it_kept(checkout: Path) -> None:
    valkey.start("main")
    try:
        with redis.Redis.from_url(urls.redis_url("main")) as connection:
            connection.eval("for i = 1, 400000 do redis.call('set', i, 'kept') end", 0)
        valkey.stop("main")
        valkey.start("main")
        with redis.Redis.from_url(urls.redis_url("main")) as connection:
            assert connection.dbsize() == 400_000
    finally:
        valkey.stop("main")


def test_valkey_is_found_again_and_comes_back_after_a_kill(checkout: Path) -> None:
    valkey.start("tests")
    pid = valkey.running("tests")
    valkey.start("tests")
    assert valkey.running("tests") == pid
    os.kill(pid, signal.SIGKILL)
    valkey.start("tests")
    assert valkey.running("tests") not in (0, pid)
    assert redis.Redis.from_url(urls.redis_url("tests")).ping() is True


def test_a_directory_of_another_account_is_refused(checkout: Path) -> None:
    place = state.root("tests").parent
    remove(place)
    place.symlink_to(checkout)
    with pytest.raises(state.ServiceError, match="belongs to another account"):
        state.prepare("tests")


def test_a_long_path_moves_the_state_to_where_sockets_fit(tmp_path: Path) -> None:
    deep = tmp_path / ("long-directory-name-" * 5)
    place = state.root("main", checkout=deep, uid=1000)
    assert place.parent.parent == Path("/var/tmp")
    assert len(os.fsencode(place / state.LONGEST_SOCKET_NAME)) <= 100


def test_two_users_of_one_path_never_share_the_moved_state(tmp_path: Path) -> None:
    deep = tmp_path / ("long-directory-name-" * 5)
    assert state.root("main", checkout=deep, uid=1000) != state.root("main", checkout=deep, uid=1001)


def test_an_unknown_instance_is_refused() -> None:
    with pytest.raises(state.ServiceError, match="one of main, demo, tests"):
        urls.database_url("production")
