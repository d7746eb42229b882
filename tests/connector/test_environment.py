"""The environment is read strictly: all problems at once, and never a value in a message."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from connector import development
from connector.environment import Environment, redis_url

ROOT = Path(__file__).resolve().parent.parent.parent
WHOLE = {
    "DATABASE_URL": "postgres://ml:canary-database@db:5432/ml",
    "BROKER_URL": "redis://redis:6379/0",
    "SECRET_KEY": "canary-secret-key-of-more-than-thirty-two-characters",
    "FIELD_KEYS": "Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E=",
    "AUDIT_KEYS": "YXVkaXQtY2FuYXJ5LWF1ZGl0LWNhbmFyeS1hdWRpdC0=",
}
ASK = "import connector.settings as s; print(s.DEVELOPMENT, s.DEBUG, s.REDIS_URL, s.DATABASES['default']['HOST'])"


def start(**variables: str) -> subprocess.CompletedProcess[str]:
    """Reads the settings in a process that has only these variables."""
    return subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={"PATH": os.defpath, "ENV_FILE": os.devnull, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_environment_is_a_production_one():
    assert start(**WHOLE).stdout == "False False redis://redis:6379/0 db\n"


def test_an_empty_environment_is_a_development_one_on_the_embedded_services():
    answer = start()
    assert answer.stderr == ""
    assert answer.stdout.startswith("True False unix:///")


def test_all_problems_are_told_at_once():
    answer = start(
        DATABASE_URL="mysql://canary@x/y",
        DEBUG="on",
        SECRET_KEY="canary",
        OUTGOING_ALLOW="canary",
        CONN_MAX_AGE="soon",
        HTTPS="perhaps",
        PUBLIC_HOST="https://canary",
        LOG_FORMAT="canary",
    )
    told = [line[4:].split()[0] for line in answer.stderr.splitlines() if line.startswith("  - ")]
    assert sorted(told) == [
        "AUDIT_KEYS",
        "BROKER_URL",
        "CONN_MAX_AGE",
        "DATABASE_URL",
        "DEBUG",
        "FIELD_KEYS",
        "HTTPS",
        "LOG_FORMAT",
        "OUTGOING_ALLOW",
        "PUBLIC_HOST",
        "SECRET_KEY",
    ]
    assert "canary" not in answer.stderr


def test_production_never_falls_back_to_generated_keys():
    answer = start(**{**WHOLE, "SECRET_KEY": "", "FIELD_KEYS": "", "AUDIT_KEYS": ""})
    assert "AUDIT_KEYS must be set" in answer.stderr
    assert "SECRET_KEY must be set" in answer.stderr
    assert "FIELD_KEYS must be set" in answer.stderr


def test_the_key_ring_is_apart_from_the_secret_key():
    answer = start(**{**WHOLE, "FIELD_KEYS": WHOLE["SECRET_KEY"]})
    assert "FIELD_KEYS must not contain SECRET_KEY" in answer.stderr


def test_the_key_of_seals_is_apart_from_those_of_secrets():
    answer = start(**{**WHOLE, "AUDIT_KEYS": WHOLE["FIELD_KEYS"]})
    assert "AUDIT_KEYS must not share a key with FIELD_KEYS" in answer.stderr
    assert WHOLE["FIELD_KEYS"] not in answer.stderr


def test_a_ring_key_of_the_wrong_size_is_named_by_its_place():
    answer = start(**{**WHOLE, "FIELD_KEYS": WHOLE["FIELD_KEYS"] + ",Y2FuYXJ5"})
    assert "  - FIELD_KEYS key 2 of 2 is not 32 bytes in url-safe base64.\n" in answer.stderr
    assert "Y2FuYXJ5" not in answer.stderr


def test_a_file_of_variables_adds_to_the_environment_and_never_wins_over_it(tmp_path):
    lines = tmp_path / "env"
    lines.write_text("PUBLIC_HOST=https://canary\nLOG_FORMAT=console\n")
    answer = start(**WHOLE, ENV_FILE=str(lines), LOG_FORMAT="canary")
    assert [line.split()[1] for line in answer.stderr.splitlines() if line.startswith("  - ")] == [
        "PUBLIC_HOST",
        "LOG_FORMAT",
    ]


def test_a_secret_may_come_as_a_file(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("canary\n")
    env = Environment({"SECRET_KEY_FILE": str(secret), "SECRET_KEY": "not this one"})
    assert env.text("SECRET_KEY") == "canary"


def test_a_file_that_cannot_be_read_is_a_problem_and_not_an_empty_secret(tmp_path):
    env = Environment({"SECRET_KEY_FILE": str(tmp_path / "absent")})
    env.text("SECRET_KEY")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY the file that SECRET_KEY_FILE names cannot be read"):
        env.finish()


@pytest.mark.parametrize(
    ("text", "value"), [("", True), ("on", True), ("OFF", False), ("1", True), ("0", False), (" no ", False)]
)
def test_a_flag(text, value):
    env = Environment({"FLAG": text})
    assert env.flag("FLAG", default=True) is value
    env.finish()


@pytest.mark.parametrize("text", ["x", "0", "11", "1.5", "-1"])
def test_a_number_out_of_bounds_is_a_problem(text):
    env = Environment({"NUMBER": text})
    assert env.number("NUMBER", 5, least=1, most=10) == 5
    assert env.problems == ["NUMBER must be a whole number from 1 to 10."]


@pytest.mark.parametrize(
    ("broker", "redis"),
    [
        ("redis://h:6379/1", "redis://h:6379/1"),
        ("rediss://h/0", "rediss://h/0"),
        ("redis+socket:///run/v.sock?virtual_host=2", "unix:///run/v.sock?db=2"),
        ("amqp://h", ""),
        ("", ""),
    ],
)
def test_a_broker_url_as_the_rate_budgets_read_it(broker, redis):
    assert redis_url(broker) == redis


def test_generated_keys_are_kept_private_and_made_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: development.field_key(tmp_path / "state"), range(32)))
    assert len(keys) == 1
    assert stat.S_IMODE((tmp_path / "state" / "field_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["field_key"]


def test_webhook_settings_that_cannot_be_are_told_without_their_values():
    key = "canary-webhook-key-of-at-least-32-chars"
    answer = start(
        **WHOLE,
        ST_WEBHOOK_KEYS="canary-too-short",
        ST_WEBHOOK_KEYS_SANDBOX=f"{key},{key}",
        ST_WEBHOOK_HEADERS="X Canary",
        ST_WEBHOOK_HASH="canary",
    )
    told = answer.stderr[answer.stderr.index("The environment is not right") :]
    assert [line.split()[1] for line in told.splitlines() if line.startswith("  - ")] == [
        "ST_WEBHOOK_KEYS",
        "ST_WEBHOOK_KEYS_SANDBOX",
        "ST_WEBHOOK_HEADERS",
        "ST_WEBHOOK_HASH",
    ]
    assert "canary" not in told


def test_two_webhook_keys_are_a_rotation_and_three_are_a_mistake():
    keys = [f"canary-webhook-key-{number}-of-at-least-32" for number in range(3)]
    assert start(**WHOLE, ST_WEBHOOK_KEYS=",".join(keys[:2])).stderr == ""
    assert "ST_WEBHOOK_KEYS" in start(**WHOLE, ST_WEBHOOK_KEYS=",".join(keys)).stderr
