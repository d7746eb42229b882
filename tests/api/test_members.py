"""Members: there is always an owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections as database_connections
from django.utils import timezone

from integrations.models import AuditEvent
from tenants import handover, schema
from tenants.models import Membership, Person, Role
from tests.api.caller import Caller, caller_of
from tests.portal.desk import enter


@pytest.fixture
def owners(acme) -> list[Person]:
    found = []
    for name in ("olga", "otto"):
        found.append(Person.objects.create_user(f"{name}@acme.test", name=name.title()))
        Membership.objects.create(customer=acme, person=found[-1], role=Role.OWNER)
    return found


def test_a_new_person_gets_an_account_without_a_password(api, acme):
    shown = api.post("members", {"email": "Vera@Acme.test", "name": "Vera", "role": "viewer"}).json()
    person = Person.objects.get(email="vera@acme.test")
    assert (shown["id"], shown["name"], person.has_usable_password()) == (str(person.pk), "Vera", False)


def test_a_person_of_another_customer_keeps_name_and_password(api, acme, globex):
    person = Person.objects.create_user("gus@globex.test", "canary password", name="Gus")
    Membership.objects.create(customer=globex, person=person, role=Role.OWNER)
    shown = api.post("members", {"email": "gus@globex.test", "name": "Other", "role": "viewer"}).json()
    person.refresh_from_db()
    assert (person.name, person.check_password("canary password")) == ("Gus", True)
    assert shown["name"] == "Other"
    assert Membership.objects.get(customer=globex).role == "owner"


def test_nobody_learns_by_adding_an_address_whether_it_has_an_account(api, acme, globex):
    known = Person.objects.create_user("gus@globex.test", "canary password", name="Gus Geheim")
    Membership.objects.create(customer=globex, person=known, role=Role.OWNER)
    answers = [api.post("members", {"email": f"{name}@globex.test", "role": "viewer"}) for name in ("gus", "nobody")]
    for told in (
        [answer.json() for answer in answers],
        api.get("members").json()["items"],
        [api.get(f"members/{answer.json()['id']}").json() for answer in answers],
    ):
        assert [{name: one[name] for name in ("name", "role")} for one in told] == [{"name": "", "role": "viewer"}] * 2
    assert "Geheim" not in enter(acme, Role.OWNER).page("/team/")
    assert enter(globex, Role.OWNER).page("/team/").count("Gus Geheim") == 1


def test_a_member_is_shown_by_their_own_name_once_they_have_come(api, acme):
    person = Person.objects.create_user("gus@globex.test", name="Gus")
    api.post("members", {"email": "gus@globex.test", "name": "The new one", "role": "viewer"})
    now, state = timezone.now(), handover.new_state()
    code = handover.issue(person=person, customer=acme, state_hash=handover.hashed(state), now=now)
    assert [one["name"] for one in api.get("members").json()["items"]] == ["The new one"]
    handover.redeem(code=code, customer=acme, state=state, now=now)
    assert [one["name"] for one in api.get("members").json()["items"]] == ["Gus"]


def test_members_of_other_customers_are_not_there(api, globex):
    person = Person.objects.create_user("gus@globex.test")
    Membership.objects.create(customer=globex, person=person)
    assert api.get("members").json()["items"] == []
    assert api.get(f"members/{person.pk}").status_code == 404


def test_nobody_is_added_twice(api, owners):
    answer = api.post("members", {"email": "olga@acme.test", "role": "viewer"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "olga@acme.test is owner here already.")


def test_the_last_owner_stays_one(api, owners):
    olga, otto = (f"members/{person.pk}" for person in owners)
    assert api.change(olga, {"role": "viewer"}).json()["role"] == "viewer"
    for answer in (api.change(otto, {"role": "operator"}), api.change(otto, b"", method="DELETE")):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:ml-connector:problem:conflict")
    assert api.get(otto).json()["role"] == "owner"


def test_an_owner_who_cannot_sign_in_does_not_count(api, owners):
    Person.objects.filter(pk=owners[0].pk).update(is_active=False)
    assert api.change(f"members/{owners[1].pk}", b"", method="DELETE").status_code == 409


def test_two_owners_who_are_removed_at_the_same_time_are_not_both_removed(own_database, acme):
    people = [Person.objects.create_user(f"o{n}@acme.test") for n in range(2)]
    Membership.objects.bulk_create(Membership(customer=acme, person=person, role=Role.OWNER) for person in people)
    key = caller_of(acme).key

    def remove(person: Person) -> int:
        try:
            return int(Caller(key=key).call("DELETE", f"members/{person.pk}", If_Match="*").status_code)
        finally:
            database_connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, people)) == [204, 409]


def test_what_was_done_is_in_the_audit(api, acme, owners):
    api.change(f"members/{owners[0].pk}", {"role": "viewer"})
    api.change(f"members/{owners[0].pk}", b"", method="DELETE")
    with schema.within(acme):
        events = AuditEvent.objects.filter(action__startswith="member.").order_by("sequence")
        assert [(e.action, e.subject, e.detail) for e in events] == [
            ("member.role-changed", "olga@acme.test", {"before": "owner", "after": "viewer"}),
            ("member.removed", "olga@acme.test", {"role": "viewer"}),
        ]
