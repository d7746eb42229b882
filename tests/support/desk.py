"""The support desk as somebody at a browser uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tenants.browser import Browser

ADMIN = "http://acme.localhost/admin/"


@dataclass
class Desk:
    """`get` and `do` are about acme's admin."""

    browser: Browser

    def get(self, path: str) -> Any:
        return self.browser.open(f"{ADMIN}{path}")

    def page(self, row: Any) -> str:
        """The text of a row's page."""
        answer = self.get(f"integrations/{row._meta.model_name}/{row.pk}/change/")
        assert answer.status_code == 200
        return str(answer.content.decode())

    def do(self, row: Any, verb: str, **form: str) -> Any:
        """Presses a button on a row's page, and follows."""
        return self.browser.open(f"{ADMIN}integrations/{row._meta.model_name}/{row.pk}/do/{verb}/", data=form)

    def statements(self, path: str) -> int:
        """How many SQL statements a page costs. None of them counts all rows of a table."""
        with CaptureQueriesContext(connection) as caught:
            assert self.get(path).status_code == 200
        self.sql = [query["sql"] for query in caught]
        return len(caught)
