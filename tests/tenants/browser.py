"""A person with a browser: one cookie jar per host, redirects followed from host to host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

PASSWORD = "a long canary password"


@dataclass
class Browser:
    """`at` is the URL of the last page."""

    clients: dict[str, Client] = field(default_factory=dict)
    at: str = ""
    trail: list[str] = field(default_factory=list)

    def open(self, url: str, *, data: dict[str, str] | None = None, follow: bool = True) -> Any:
        """Opens a page (posts `data`, if given) and follows redirects, also to other hosts."""
        while True:
            parts = urlsplit(url)
            client = self.clients.setdefault(parts.netloc, Client(SERVER_NAME=parts.netloc))
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            response = client.get(path) if data is None else client.post(path, data)
            self.at = url
            self.trail.append(url)
            if not follow or response.status_code not in (301, 302, 303):
                return response
            target = response["Location"]
            url, data = target if "://" in target else f"http://{parts.netloc}{target}", None

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """Signs in on the public host, on the page where the browser is or else at its door."""
        page = self.at if self.at.startswith("http://localhost/sign-in/") else "http://localhost/sign-in/"
        return self.open(page, data={"login": email, "password": password})

    def cookie(self, host: str, name: str) -> str:
        """The value of a cookie that a host has set."""
        return self.clients[host].cookies[name].value
