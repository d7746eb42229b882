"""The customer's own desk as a member of acme uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants.middleware import HOST_KEY
from tenants.models import Customer, Membership, Person, Role
from tests.tenants.browser import Browser


@dataclass
class Desk:
    """`get` and `post` are about the member's own customer; `sql` holds the statements of the last counted page."""

    browser: Browser
    host: str
    sql: list[str] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> Any:
        if headers:
            return self.browser.clients[self.host].get(path, headers=headers)
        return self.browser.open(f"http://{self.host}{path}")

    def post(self, path: str, *, follow: bool = True, **form: str) -> Any:
        return self.browser.open(f"http://{self.host}{path}", data=form, follow=follow)

    def page(self, path: str) -> str:
        """The text of a page, without its tags."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return words(answer)

    def statements(self, path: str) -> int:
        """How many SQL statements a page costs. None of them counts all rows of a table."""
        with CaptureQueriesContext(connection) as caught:
            assert self.get(path).status_code == 200
        self.sql = [query["sql"] for query in caught]
        return len(caught)


def words(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&"))


def enter(customer: Customer, role: Role = Role.OPERATOR) -> Desk:
    """Somebody with this role at the customer, signed in at its desk."""
    person, _ = Person.objects.get_or_create(email=f"{role}@{customer.schema_name}.test")
    Membership.objects.get_or_create(customer=customer, person=person, defaults={"role": role})
    host, browser = f"{customer.schema_name}.localhost", Browser()
    client = browser.clients[host] = Client(SERVER_NAME=host)
    client.force_login(person)  # how people sign in is told elsewhere (tests/tenants)
    session = client.session
    session[HOST_KEY] = host
    session.save()
    return Desk(browser, host)
