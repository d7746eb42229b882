"""Two admin sites: the operators' on the public host, the customer's on the customer's; neither shows the other's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from integrations.admin import customer_site
from integrations.models import Connection, Sync
from tenants import schema, stepping_in
from tenants.admin import operators
from tenants.models import Customer, Membership, Person, Role, ScheduledWork
from tests.tenants.browser import PASSWORD, Browser

ACME, PUBLIC = "http://acme.localhost/", "http://localhost/"
PUBLIC_TABLES = ["tenants/customer", "tenants/person", "tenants/scheduledwork", "django_celery_beat/periodictask"]
OWN_TABLES = [model._meta.model_name for model in customer_site._registry]


@pytest.fixture
def root(db) -> Person:
    return Person.objects.create_superuser("root@host.test", PASSWORD)


@pytest.fixture
def connection(acme) -> Connection:
    with schema.within(acme):
        made = Connection.objects.create(
            system="sap",
            name="S/4",
            environment="sandbox",
            base_url="https://sap.example",
            credentials={"password": "canary-password"},
            token="canary-token",
        )
        Sync.objects.create(flow="vendors", source=made, target=made)
    return made


@pytest.fixture
def operator(root) -> Browser:
    """The installation's superuser, signed in on the public host."""
    browser = Browser()
    browser.sign_in(root.email)
    return browser


@pytest.fixture
def support(operator, root, acme, connection) -> Browser:
    """The same person, who has stepped in at acme, on acme's host."""
    stepping_in.begin(root, acme, role=Role.OWNER, reason="ticket 1", now=timezone.now())
    operator.open(f"{ACME}admin/")
    assert operator.at == f"{ACME}admin/"
    return operator


@pytest.mark.parametrize("model", [model._meta for model in operators._registry], ids=str)
def test_every_page_of_the_operators_opens(operator, acme, model):
    schedule = ScheduledWork.objects.create(
        customer=acme, sync_id=uuid.uuid4(), due_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert operator.open(f"{PUBLIC}admin/").status_code == 200
    assert operator.open(f"{PUBLIC}admin/{model.app_label}/{model.model_name}/").status_code == 200
    row = schedule if model.model is ScheduledWork else model.model._default_manager.first()
    if row is not None:
        assert operator.open(f"{PUBLIC}admin/{model.app_label}/{model.model_name}/{row.pk}/change/").status_code == 200


def test_tables_are_called_as_people_call_them(operator):
    page = operator.open(f"{PUBLIC}admin/").content.decode()
    assert "Webhook addresses" in page
    assert "ServiceTitan tenants" in page
    named = [(model._meta.verbose_name, str(model._meta.verbose_name_plural)) for model in operators._registry]
    assert [names for names in named if names[1].endswith("sss") or "service titan" in names[0]] == []


@pytest.mark.parametrize("name", OWN_TABLES)
def test_every_page_of_a_customers_tables_opens(support, name):
    assert support.open(f"{ACME}admin/integrations/{name}/").status_code == 200


def test_the_first_page_of_each_site_leads_to_its_tables(support):
    page = support.open(f"{ACME}admin/").content.decode()
    assert [name for name in OWN_TABLES if f'href="/admin/integrations/{name}/"' not in page] == []
    page = support.open(f"{PUBLIC}admin/").content.decode()
    assert 'href="/admin/tenants/customer/"' in page


@pytest.mark.parametrize("page", PUBLIC_TABLES)
def test_public_tables_are_not_on_a_customers_host(support, page):
    assert support.open(f"{ACME}admin/{page}/").status_code == 404


@pytest.mark.parametrize("name", OWN_TABLES)
def test_customers_tables_are_not_on_the_public_host(operator, name):
    assert operator.open(f"{PUBLIC}admin/integrations/{name}/").status_code == 404


def test_a_superuser_who_has_not_stepped_in_does_not_get_in(operator, acme):
    assert operator.open(f"{ACME}admin/").status_code == 403


def test_a_member_who_is_no_staff_sees_no_admin(acme):
    person = Person.objects.create_user("ana@acme.test", PASSWORD)
    Membership.objects.create(customer=acme, person=person, role=Role.OWNER)
    browser = Browser()
    browser.open(ACME)
    browser.sign_in(person.email)
    assert browser.open(ACME).status_code == 200
    assert browser.open(f"{ACME}admin/").status_code == 403
    assert browser.open(f"{PUBLIC}admin/").status_code == 403


def test_credentials_and_tokens_are_never_shown(support, connection):
    pages = [
        support.open(f"{ACME}admin/integrations/connection/{connection.pk}/change/"),
        support.open(f"{ACME}admin/integrations/connection/"),
        support.open(f"{ACME}admin/integrations/sync/"),
        support.open(ACME),
    ]
    for page in pages:
        assert page.status_code == 200
        assert b"canary" not in page.content
    assert b"https://sap.example" in pages[0].content
    assert b"Credentials:" not in pages[0].content
    assert b"Token:" not in pages[0].content


@pytest.mark.parametrize("action", ["add/", "{pk}/delete/"])
def test_nothing_is_changed_by_hand_in_a_customers_admin(support, connection, action):
    assert support.open(f"{ACME}admin/integrations/connection/{action.format(pk=connection.pk)}").status_code == 403
    answer = support.open(f"{ACME}admin/integrations/connection/{connection.pk}/change/", data={"name": "changed"})
    assert answer.status_code == 403


@pytest.mark.parametrize("page", ["login/", "password_change/"])
def test_nobody_enters_a_password_on_a_customers_host(support, page):
    assert support.open(f"{ACME}admin/{page}").status_code == 403


def test_what_is_cached_for_one_customer_is_not_found_by_another(acme, globex):
    with schema.within(acme):
        cache.set("rows", "of acme")
        assert cache.get("rows") == "of acme"
    with schema.within(globex):
        assert cache.get("rows") is None
    assert cache.get("rows") is None


def test_an_operator_creates_a_customer_that_is_ready(operator):
    form = {"name": "Initech", "schema_name": "initech", "time_zone": "America/Denver"}
    page = operator.open(f"{PUBLIC}admin/tenants/customer/add/", data=form)
    assert page.status_code == 200
    customer = Customer.objects.get(schema_name="initech")
    with schema.within(customer):
        assert Sync.objects.count() == 0
    assert customer.get_primary_domain().domain == "initech.localhost"


def test_an_operator_cannot_create_a_customer_of_a_taken_name(operator, acme):
    form = {"name": "Acme again", "schema_name": "acme", "time_zone": "America/Denver"}
    page = operator.open(f"{PUBLIC}admin/tenants/customer/add/", data=form)
    assert b"already exists" in page.content
    assert Customer.objects.filter(schema_name="acme").count() == 1


def test_an_operator_suspends_and_resumes(operator, acme):
    page = f"{PUBLIC}admin/tenants/customer/"
    operator.open(page, data={"action": "suspend", "_selected_action": str(acme.pk)})
    acme.refresh_from_db()
    assert acme.suspended_at is not None
    operator.open(page, data={"action": "resume", "_selected_action": str(acme.pk)})
    acme.refresh_from_db()
    assert acme.suspended_at is None


def test_customers_are_not_deleted_by_a_click(operator, acme):
    assert operator.open(f"{PUBLIC}admin/tenants/customer/{acme.pk}/delete/").status_code == 403


def test_an_operator_creates_a_person(operator):
    form = {"email": "New@Person.test", "name": "New", "password1": PASSWORD, "password2": PASSWORD}
    operator.open(f"{PUBLIC}admin/tenants/person/add/", data=form)
    assert Person.objects.get(email="new@person.test").check_password(PASSWORD)


def test_each_site_has_its_own_urls():
    assert reverse("admin:index", urlconf="connector.urls_public") == "/admin/"
    assert reverse("admin:index", urlconf="connector.urls_customer") == "/admin/"
