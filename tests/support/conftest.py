from typing import Any

import pytest
from django.utils import timezone

from tenants import stepping_in
from tenants.models import Customer, Person, Role
from tests.api.records import work
from tests.support.desk import Desk
from tests.tenants.browser import PASSWORD, Browser


@pytest.fixture
def records(acme: Customer) -> dict[str, Any]:
    """Records of acme, some of them held up by a missing map; of globex as well, where it is asked for."""
    return work(acme)


@pytest.fixture
def desk_as(acme: Customer) -> Any:
    """Makes somebody of the hosting team who has stepped in at acme in a role."""

    def make(role: Role) -> Desk:
        person = Person.objects.create_user(f"{role}@host.test", PASSWORD, is_staff=True)
        stepping_in.begin(person, acme, role=role, reason="ticket 7", now=timezone.now())
        browser = Browser()
        browser.sign_in(person.email)
        browser.open("http://acme.localhost/admin/")
        return Desk(browser)

    return make
