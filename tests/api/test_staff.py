"""Customers on the public host: for the hosting team, with a session, by permission."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings as installation
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from integrations import customers
from integrations.budget import store
from integrations.models import ApiKeySecret, AuditEvent
from tenants import schema
from tenants.models import Customer, Membership, Person, ScheduledWork, ServiceTitanTenant, StaffCall
from tenants.provision import create_customer
from tenants.webhook_models import WebhookAddress, WebhookRefusals
from tests.api.books import fill
from tests.api.caller import Caller, caller_of, make_key
from tests.api.routes import operations
from tests.tenants.browser import PASSWORD, Browser

OPERATIONS = list(operations("integrations.api.urls_staff"))
NEW = {"id": "initech", "name": "Initech Cooling", "time_zone": "America/Chicago"}


def signed_in(person: Person) -> Caller:
    browser = Browser()
    browser.sign_in(person.email)
    return Caller(host="localhost", client=browser.clients["localhost"])


@pytest.fixture
def root(acme) -> Caller:
    return signed_in(Person.objects.create_superuser("root@host.test", PASSWORD))


@pytest.fixture
def helper(acme) -> Caller:
    """Staff who may look at customers and nothing more."""
    person = Person.objects.create_user("helper@host.test", PASSWORD, is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_customer"))
    return signed_in(person)


def exists(schema_name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [schema_name])
        return bool(cursor.fetchone()[0])


def refuse_all(who: Caller, status: int, problem: str, *, may_read: bool = False) -> None:
    before = list(Customer.objects.values())
    for each in OPERATIONS:
        if may_read and each.needs == "tenants.view_customer":
            continue
        answer = who.call(each.method, each.path.replace("vendors", "acme"), {} if each.method == "POST" else b"")
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:ml-connector:problem:{problem}"), each.path
    assert list(Customer.objects.values()) == before


def test_a_stranger_is_refused_everywhere(acme):
    refuse_all(Caller(host="localhost"), 401, "not-signed-in")


def test_a_customers_key_opens_nothing_on_the_public_host(acme):
    refuse_all(Caller(host="localhost", key=make_key(acme)[1]), 401, "not-signed-in")


def test_a_customers_owner_is_a_stranger_there(acme):
    person = Person.objects.create_user("olga@acme.test", PASSWORD)
    Membership.objects.create(customer=acme, person=person, role="owner")
    refuse_all(signed_in(person), 401, "not-signed-in")


def test_staff_do_what_their_permissions_say(helper):
    assert [row["id"] for row in helper.get("customers").json()["items"]] == ["acme", "globex"]
    refuse_all(helper, 403, "scope-missing", may_read=True)


def test_staff_are_asked_for_the_token_of_our_own_pages(root):
    root.client.handler.enforce_csrf_checks = True
    assert root.post("customers", NEW).json()["type"] == "urn:ml-connector:problem:csrf"


def test_a_customer_is_made_whole_with_an_owner(root):
    answer = root.post("customers", {**NEW, "owner": "Bill@initech.test"}, Idempotency_Key="one")
    assert (answer.status_code, answer.json()["hosts"]) == (201, ["initech.localhost"])
    assert (
        root.post("customers", {**NEW, "owner": "Bill@initech.test"}, Idempotency_Key="one").content == answer.content
    )
    customer = Customer.objects.get(schema_name="initech")
    assert Membership.objects.get(customer=customer).person.email == "bill@initech.test"
    assert caller_of(customer).get("customer").json()["name"] == "Initech Cooling"
    with schema.within(customer):
        assert AuditEvent.objects.get(action="customer.created").actor_label == "root@host.test"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"id": "acme"}, 409),
        ({"host": "acme.localhost"}, 409),
        ({"id": "Acme!"}, 400),
        ({"id": "public"}, 400),
        ({"host": "localhost"}, 400),
        ({"host": "a b"}, 400),
        ({"time_zone": "Mars"}, 400),
        ({"owner": "bill"}, 400),
    ],
)
def test_a_customer_that_cannot_be_is_refused(root, change, status):
    assert root.post("customers", {**NEW, **change}).status_code == status
    assert not Customer.objects.filter(name="Initech Cooling").exists()


def test_a_suspended_customer_is_shut_until_resumed(root, api, acme):
    assert root.post("customers/acme/suspend", {"reason": "Unpaid"}).json()["state"] == "suspended"
    assert api.get("customer").status_code == 403
    assert root.post("customers/acme/resume").json()["state"] == "active"
    assert api.get("customer").status_code == 200
    with schema.within(acme):
        assert AuditEvent.objects.get(action="customer.suspended").detail == {"reason": "Unpaid"}


def test_a_deletion_waits_and_can_be_taken_back(root, acme):
    wrong = root.post("customers/acme/delete", {"reason": "Over", "confirm": "globex"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/confirm")
    shown = root.post("customers/acme/delete", {"reason": "Over", "confirm": "acme"}).json()
    assert (shown["state"], shown["suspended_at"] is None) == ("leaving", False)
    assert root.post("customers/acme/resume").status_code == 409
    acme.refresh_from_db()
    days = timedelta(days=installation.CUSTOMER_WAITING_DAYS)
    assert list(customers.remove_due(now=acme.delete_after - timedelta(seconds=1))) == []
    assert acme.delete_after - acme.suspended_at == days
    assert root.post("customers/acme/keep").json()["state"] == "suspended"
    assert list(customers.remove_due(now=timezone.now() + 2 * days)) == []
    assert root.post("customers/acme/resume").json()["state"] == "active"


def test_after_the_waiting_period_nothing_of_the_customer_is_left(own_database, root, acme, globex):
    made, kept = fill(acme), fill(globex)
    both = Person.objects.create_user("both@acme.test")
    for customer, email in ((acme, "only@acme.test"), (globex, "gus@globex.test")):
        Membership.objects.create(customer=customer, person=Person.objects.create_user(email))
        Membership.objects.create(customer=customer, person=both)
    ServiceTitanTenant.objects.create(environment="sandbox", tenant_id="1", customer=acme, connection_id=made["sap"].pk)
    bucket = f"budget:{made['sap'].pk}"
    client = store(installation.REDIS_URL)._client
    client.set(bucket, "1")
    root.post("customers/acme/delete", {"reason": "Over", "confirm": "acme"})
    assert list(customers.remove_due(now=timezone.now() + timedelta(days=31))) == ["acme"]
    assert not exists("acme")
    assert client.exists(bucket) == 0
    assert list(Customer.objects.values_list("schema_name", flat=True)) == ["globex"]
    assert set(ScheduledWork.objects.values_list("sync_id", flat=True)) >= {kept["sync"].pk}
    assert not ScheduledWork.objects.filter(sync_id=made["sync"].pk).exists()
    emails = set(Person.objects.values_list("email", flat=True))
    assert emails == {"both@acme.test", "gus@globex.test", "root@host.test"}
    assert root.get("customers/acme").status_code == 404


def test_a_customer_whose_schema_is_gone_keeps_no_other_from_being_removed(own_database, acme, globex):
    long_ago = timezone.now() - timedelta(days=40)
    for customer, days in ((acme, 9), (globex, 8)):
        given = {"suspended_at": long_ago, "delete_after": timezone.now() - timedelta(days=days)}
        Customer.objects.filter(pk=customer.pk).update(**given)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA acme CASCADE")
    assert list(customers.remove_due(now=timezone.now())) == ["globex"]


def leave(days: int, *leaving: Customer) -> None:
    gone = {"suspended_at": timezone.now(), "delete_after": timezone.now() - timedelta(days=days)}
    Customer.objects.filter(pk__in=[customer.pk for customer in leaving]).update(**gone)


def test_however_many_leave_at_once_all_are_removed_over_time(own_database, acme, globex):
    more = [create_customer(schema_name=f"more_{n}", name=f"More {n}", time_zone="UTC") for n in range(5)]
    leave(1, acme, globex, *more)
    assert len(list(customers.remove_due(now=timezone.now()))) == customers.REMOVED_AT_ONCE == 5
    assert len(list(customers.remove_due(now=timezone.now()))) == 2
    assert Customer.objects.count() == 0


def test_however_many_cannot_go_those_behind_them_do(own_database, acme, globex):
    leave(9, *(Customer.objects.create(schema_name=f"stuck_{n}", name=f"Stuck {n}") for n in range(6)))
    leave(1, globex)
    assert list(customers.remove_due(now=timezone.now())) == ["globex"]


def test_what_public_tables_keep_about_calls_goes_with_the_customer(own_database, root, acme, globex):
    mine, theirs = uuid4(), uuid4()
    WebhookAddress.objects.create(customer=acme, connection_id=mine, address="a")
    for account in (mine, theirs):
        WebhookRefusals.objects.create(
            endpoint=f"connection {account}", reason="signature", first_at=timezone.now(), last_at=timezone.now()
        )
    for name in ("acme", "globex"):
        root.post(f"customers/{name}/suspend", {"reason": "Over"}, Idempotency_Key=f"key-{name}")
    assert StaffCall.objects.count() == 2
    leave(1, acme)
    assert list(customers.remove_due(now=timezone.now())) == ["acme"]
    assert [row.endpoint for row in WebhookRefusals.objects.all()] == [f"connection {theirs}"]
    assert [row.key for row in StaffCall.objects.all()] == ["key-globex"]


def unzipped(answer) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


def test_an_export_has_every_row_and_no_secret(root, acme, globex):
    fill(acme, runs=250)
    fill(globex, runs=3)
    secret = make_key(acme)[1]
    files = unzipped(root.get("customers/acme/export"))
    runs = [json.loads(line) for line in files["run.jsonl"].splitlines()]
    assert len({run["id"] for run in runs}) == 250
    (account, _) = (json.loads(line) for line in files["connection.jsonl"].splitlines())
    assert {"credentials", "token"} & set(account) == set()
    assert json.loads(files["customer.json"])["hosts"] == ["acme.localhost"]
    everything = b"".join(files.values())
    with schema.within(acme):
        digest = ApiKeySecret.objects.get().digest
        assert AuditEvent.objects.filter(action="customer.exported").count() == 1
    assert b"canary-password" not in everything
    assert secret.encode() not in everything
    assert digest.encode() not in everything
    assert schema.current() == schema.PUBLIC


def test_the_document_of_the_public_host_is_valid_and_its_own(acme):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    found = json.loads(Caller(host="localhost").get("openapi.json").content)
    assert [error.message for error in OpenAPIV31SpecValidator(found).iter_errors()] == []
    assert set(found["paths"]) == {f"/api/v1/{each.template}" for each in OPERATIONS}
