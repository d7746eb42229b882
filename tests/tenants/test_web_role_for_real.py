"""The web process as it is deployed: gunicorn, signed in to the database as a role that owns nothing.

Tests of pages give that role's rights to views alone; what a server does after the view (streams, what ends a request)
is only seen here.
"""

from __future__ import annotations

import io
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import redis
import requests
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from tenants.models import Customer, Membership, Person, Role
from tests import databases
from tests.portal.routes import routes
from tests.web_role import ROLE

pytestmark = pytest.mark.slow

LOGIN = "web_of_tests_signs_in"
PASSWORD = "a canary that is long enough"
CACHE = settings.REDIS_URL.replace("db=0", "db=9")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


@pytest.fixture
def port(own_database: databases.Copy, acme: Customer, log: Path) -> Iterator[int]:
    """Where gunicorn listens."""
    databases.start_broker()
    redis.Redis.from_url(CACHE).flushdb()  # attempts of an earlier run
    _make_login()
    person = Person.objects.create_user("ana@acme.test", name="Ana")
    person.password = PBKDF2PasswordHasher().encode(PASSWORD, "canary", 1_000)  # the process has no quick ones
    person.save()
    Membership.objects.create(customer=acme, person=person, role=Role.OWNER)
    with socket.create_server(("127.0.0.1", 0)) as listening, log.open("w") as out:
        port = int(listening.getsockname()[1])
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "connector.wsgi:application", f"--bind=fd://{listening.fileno()}",
             "--threads=4", "--no-control-socket"],
            env=_environment(own_database), pass_fds=[listening.fileno()], stdout=out, stderr=out,
            cwd=settings.BASE_DIR,
        )  # fmt: skip
        try:
            yield port
        finally:
            process.terminate()
            process.wait(30)
    told = log.read_text()
    assert "Traceback" not in told, told[-5000:]
    assert "permission denied" not in told
    assert PASSWORD not in told


def _make_login() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"""
            DO $do$ BEGIN CREATE ROLE {LOGIN} LOGIN PASSWORD 'canary' IN ROLE {ROLE};
            EXCEPTION WHEN duplicate_object OR unique_violation THEN END $do$
        """)


def _environment(database: databases.Copy) -> dict[str, str]:
    parts = urlsplit(database.url)
    _, _, host = parts.netloc.rpartition("@")
    return {
        **database.environment,
        "DATABASE_URL": f"postgres://{LOGIN}:canary@{host}{parts.path}",
        "BROKER_URL": settings.CELERY_BROKER_URL,
        "REDIS_URL": CACHE,
        "DJANGO_SETTINGS_MODULE": "connector.settings",
        "SIGN_UP_OPEN": "on",
        "METRICS_ALLOW": "127.0.0.0/8",
        "HTTPS": "off",
    }


class Client:
    """A browser that keeps cookies per host, whatever the name resolves to."""

    def __init__(self, port: int) -> None:
        self.port, self.jars = port, dict[str, dict[str, str]]()
        self.at, self.answer = f"http://localhost:{port}/", requests.Response()

    def open(self, url: str, data: dict[str, Any] | None = None, **more: Any) -> requests.Response:
        url = urljoin(self.at, url)
        for _ in range(10):
            self.answer = self._ask(url, data, **more)
            self.at = url
            if self.answer.status_code not in (302, 303):
                break
            url, data = urljoin(url, self.answer.headers["Location"]), None
        return self.answer

    def fill(self, url: str, /, **data: Any) -> requests.Response:
        """Opens the page, and posts its form."""
        text = self.open(url).text
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        assert found, text[:2000]
        return self.open(self.at, {"csrfmiddlewaretoken": found.group(1), **data})

    def post(self, page: str, url: str, /, **data: Any) -> requests.Response:
        """Posts to `url` what a form of `page` would."""
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(page).text)
        assert found, self.answer.text[:2000]
        return self.open(url, {"csrfmiddlewaretoken": found.group(1), **data})

    def _ask(self, url: str, data: dict[str, Any] | None, **more: Any) -> requests.Response:
        host = str(urlsplit(url).hostname)
        jar = self.jars.setdefault(host, {})
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                "GET" if data is None else "POST",
                url.replace(host, "127.0.0.1", 1),
                headers={"Host": f"{host}:{self.port}", "Origin": f"http://{host}:{self.port}",
                         "Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())},
                data=data, allow_redirects=False, timeout=60, **more,
            )  # fmt: skip
        for name, value in answer.cookies.items():
            jar[name] = value or ""
        return answer


@pytest.fixture
def ana(port: int) -> Client:
    """An owner of acme, signed in there."""
    ana = Client(port)
    ana.open(f"http://acme.localhost:{port}/")
    ana.fill(ana.at, login="ana@acme.test", password=PASSWORD)
    assert (ana.at, ana.answer.status_code) == (f"http://acme.localhost:{port}/", 200)
    return ana


def mailed(log: Path, after: int = 0) -> str:
    """The link of the newest mail, which the server's log holds."""
    for _ in range(100):
        found = re.findall(r"^http://localhost\S+", log.read_text(), re.MULTILINE)
        if len(found) > after:
            return str(found[-1])
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])


def test_every_page_and_file_is_answered(ana: Client) -> None:
    home, public = ana.at, f"http://localhost:{ana.port}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = %s", [LOGIN])
        assert cursor.fetchone() == (False,)
    assert [ana.open(f"{public}{path}").status_code for path in ("/healthz", "/metrics")] == [200, 200]
    parts = ana.open(f"{public}/readyz").json()["parts"]
    assert [name for name, told in parts.items() if told != "ok"] == ["beat"]
    bad = {}
    for route in routes():
        if not route.kinds and (status := ana.open(home + route.template).status_code) not in (200, 405):
            bad[route.template] = status
    assert bad == {"tasks/many/": 422}, "nothing was chosen there"
    lines = ana.open(f"{home}audit/file/").text.splitlines()
    assert "person.signed-in" in lines[1]
    assert ana.open(f"{home}records/csv/").text.startswith("\ufeff")
    ana.post(f"{home}export/", f"{home}export/archive/")
    archive = zipfile.ZipFile(io.BytesIO(ana.answer.content))
    assert any(b"customer.exported" in archive.read(name) for name in archive.namelist())


def test_strangers_sign_up_and_leave_and_stay(port: int, log: Path) -> None:
    public, nora = f"http://localhost:{port}", Client(port)
    sign_up = {"name": "Nora", "company": "Northern Pipes", "email": "nora@pipes.test", "password1": PASSWORD}
    nora.fill(f"{public}/sign-up/", **sign_up)
    nora.fill(mailed(log))
    home = nora.at
    assert (home, nora.answer.status_code) == (f"http://northern-pipes.localhost:{port}/", 200)
    nora.post(f"{home}export/", f"{home}export/archive/")
    assert zipfile.ZipFile(io.BytesIO(nora.answer.content)).testzip() is None
    nora.post(f"{home}retention/", f"{home}retention/runs/", keep="days", days="30")
    assert "Saved." in nora.answer.text
    nora.fill(f"{home}alerts/programs/", name="desk", url="https://127.0.0.1/")
    assert (nora.answer.status_code, "internal address" in nora.answer.text) == (422, True)
    nora.fill(f"{home}leave/", name="northern pipes", reason="a try")
    assert nora.open(home).status_code == 403
    nora.post(f"{public}/", f"{public}/customers/northern_pipes/stay/")
    assert nora.open(home).status_code == 200


def test_people_are_invited_protect_themselves_and_call_the_api(ana: Client, log: Path) -> None:
    home, public = ana.at, f"http://localhost:{ana.port}"
    ana.fill(f"{home}team/", email="olga@acme.test", role="operator")
    olga = Client(ana.port)
    olga.fill(mailed(log), name="Olga", password=PASSWORD)
    assert (olga.at, olga.answer.status_code) == (home, 200)
    olga.fill(f"{public}/account/factors/app/", password=PASSWORD)
    found = re.search(r'id="authenticator_secret" value="([A-Z2-7]+)"', olga.answer.text)
    assert found
    olga.post(f"{public}/account/sessions/", f"{public}/account/factors/app/", code=_code(found.group(1)))
    assert Authenticator.objects.filter(user__email="olga@acme.test", type="totp").count() == 1
    again = Client(ana.port)
    again.open(home)
    again.fill(again.at, login="olga@acme.test", password=PASSWORD)
    assert "/sign-in/second-factor/" in again.at
    assert again.open(home).status_code == 200
    assert again.at.startswith(f"{public}/sign-in/")

    ana.fill(f"{home}keys/", name="warehouse", scope="configure", days="90")
    key = re.search(r"\b[\w-]{6,}_[\w-]{43}\b", ana.answer.text)
    assert key
    assert key.group() not in log.read_text()
    new = {"email": "otto@acme.test", "name": "Otto", "role": "viewer"}
    answers = [
        requests.request(
            method,
            f"http://127.0.0.1:{ana.port}/api/v1/members",
            headers={"Host": f"acme.localhost:{ana.port}", "Authorization": f"Bearer {key.group()}"},
            json=given,
            timeout=60,
        )
        for method, given in (("POST", new), ("GET", None))
    ]
    assert [answer.status_code for answer in answers] == [201, 200], [answer.text for answer in answers]
    assert "otto@acme.test" in answers[1].text


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
