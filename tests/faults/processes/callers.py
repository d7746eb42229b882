"""Programs and people that call the web process without a pause, and note every call that was not answered well."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

PATIENCE = 120.0
LISTS = ("customer", "syncs", "deliveries?limit=50", "runs?limit=20", "failure-groups", "links?limit=20", "connections")
PAGES = ("/", "/flows/", "/records/", "/tasks/", "/books/", "/maps/")


class Proxy(HTTPAdapter):
    """The proxy in front of the web process: it ends TLS, says so, and keeps no connection.

    And a browser's cookies, each for the very host that has set it; Python's own jar sends them to hosts below as well.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.behind = urlsplit(url)
        self.cookies: dict[str, dict[str, str]] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Sends the request to where the web process really is."""
        sent, parts = request.copy(), urlsplit(request.url or "")
        sent.url = urlunsplit(parts._replace(scheme=self.behind.scheme, netloc=self.behind.netloc))
        sent.headers.update({"Host": parts.netloc, "X-Forwarded-Proto": "https", "Connection": "close"})
        cookies = self.cookies.setdefault(parts.netloc, {})
        sent.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        answer = super().send(sent, *args, **options)
        for line in answer.raw.headers.getlist("Set-Cookie"):
            cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        answer.url, answer.request = request.url or "", request
        return answer


@dataclass
class Callers:
    """What was called how often, how long the longest call took (seconds), and what went wrong."""

    url: str
    calls: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    longest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def session(self) -> requests.Session:
        """Somebody behind the proxy, with cookies of their own."""
        made = requests.Session()
        made.mount("https://", Proxy(self.url))
        made.verify = False  # nothing leaves this machine, and nothing is encrypted
        return made

    def call(self, who: str, session: requests.Session, method: str, url: str, **options: Any) -> None:
        """One call. Anything but an answer below 300 is noted."""
        began = time.monotonic()
        try:
            answer = session.request(method, url, timeout=PATIENCE, allow_redirects=False, **options)
            told = "" if answer.status_code < 300 else f"{answer.status_code} {answer.text[:200]}"
        except requests.RequestException as error:
            told = f"{type(error).__name__}: {error}"
        self.longest = max(self.longest, time.monotonic() - began)
        self.calls[who] += 1
        if told:
            self.wrong.append(f"{who}: {method} {url}: {told}")

    @contextmanager
    def calling(self, *callers: Callable[[], Iterator[None]]) -> Iterator[None]:
        """Each of them in a thread of its own, over and over again, until the block is left."""
        threads = [threading.Thread(target=self._over_and_over, args=[each], daemon=True) for each in callers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _over_and_over(self, caller: Callable[[], Iterator[None]]) -> None:
        while not self._stop.is_set():
            for _ in caller():
                if self._stop.wait(0.05):
                    return

    # Who calls

    def probe(self) -> Callable[[], Iterator[None]]:
        """The health check of an orchestrator."""
        session = self.session()

        def once() -> Iterator[None]:
            self.call("probe", session, "GET", "https://connector.example.com/healthz")
            yield

        return once

    def program(self, host: str, key: str) -> Callable[[], Iterator[None]]:
        """A customer's program: it reads lists, and asks for a poll under an Idempotency-Key."""
        session, turns = self.session(), Counter[str]()
        session.headers["Authorization"] = f"Bearer {key}"

        def once() -> Iterator[None]:
            turns["run"] += 1
            for path in LISTS:
                self.call("program", session, "GET", f"https://{host}/api/v1/{path}")
                yield
            header = {"Idempotency-Key": f"{host}-{turns['run']}"}
            run = f"https://{host}/api/v1/syncs/vendors/run"
            self.call("program", session, "POST", run, headers=header)
            yield
            self.call("program", session, "POST", run, headers=header)
            yield

        return once

    def person(self, host: str, email: str, password: str) -> Callable[[], Iterator[None]]:
        """Somebody who is signed in, and looks at one page after the other."""
        session = self.session()
        sign_in(session, host, email, password)

        def once() -> Iterator[None]:
            for page in PAGES:
                self.call("person", session, "GET", f"https://{host}{page}")
                yield

        return once


def sign_in(session: requests.Session, host: str, email: str, password: str) -> None:
    """Signs in on the public host, and is handed over to the customer's. Raises RuntimeError."""
    form = session.get(f"https://{host}/", timeout=PATIENCE)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    given = {"login": email, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
    page = session.post(form.url, data=given, headers={"Referer": form.url}, timeout=PATIENCE)
    if page.url != f"https://{host}/" or page.status_code != 200:
        raise RuntimeError(f"Signing in ended at {page.url} with {page.status_code}: {page.text[:500]}")
