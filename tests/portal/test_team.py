"""The team in the portal: who works here, who is invited, and that there is always an owner."""

from __future__ import annotations

import pytest
from django.core import mail

from integrations.models import AuditEvent
from tenants import schema
from tenants.joining_models import Invitation
from tenants.models import Membership, Person, Role
from tests.portal.desk import Desk, enter, words


@pytest.fixture
def desk(acme, settings) -> Desk:
    settings.EMAIL_ENABLED = True
    return enter(acme, Role.OWNER)


def role_of(customer, email: str) -> str | None:
    return Membership.objects.filter(customer=customer, person__email=email).values_list("role", flat=True).first()


def test_somebody_is_invited_by_mail_and_withdrawn_again(desk, acme, globex):
    assert "ana@acme.test is invited by mail." in words(desk.post("/team/", email="Ana@acme.test", role="operator"))
    (sent,) = mail.outbox
    assert sent.to == ["ana@acme.test"]
    assert "/invitations/" in sent.body
    assert "ana@acme.test" in desk.page("/team/")
    assert "ana@acme.test" not in enter(globex, Role.OWNER).page("/team/")
    invitation = Invitation.objects.get()
    assert "is withdrawn" in words(desk.post(f"/team/invitations/{invitation.pk}/withdraw/"))
    assert "accepted or withdrawn meanwhile" in words(desk.post(f"/team/invitations/{invitation.pk}/withdraw/"))
    with schema.within(acme):
        deeds = AuditEvent.objects.filter(subject="ana@acme.test").order_by("sequence")
        assert list(deeds.values_list("action", flat=True)) == ["member.invited", "member.invitation-withdrawn"]


def test_who_works_here_is_not_invited_again(desk, acme):
    enter(acme, Role.VIEWER)
    answer = desk.post("/team/", email="viewer@acme.test", role="operator")
    assert "viewer@acme.test works here already." in words(answer)
    assert mail.outbox == []
    assert answer.status_code == 422
    assert (answer.context["form"]["email"].value(), answer.context["form"]["role"].value()) == (
        "viewer@acme.test",
        "operator",
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "ana", "role": "viewer"}, "Enter a valid email address."),
        ({"email": "ana@acme.test", "role": "king"}, "Select a valid choice."),
    ],
)
def test_an_invitation_that_cannot_be_is_told_beside_the_field(desk, given, said):
    answer = desk.post("/team/", follow=False, **given)
    assert answer.status_code == 422
    assert said in words(answer)
    assert Invitation.objects.count() == 0


def test_a_role_is_changed_from_the_next_click_on(desk, acme):
    viewer = enter(acme, Role.VIEWER)
    person = Person.objects.get(email="viewer@acme.test")
    assert "viewer@acme.test is operator now." in words(desk.post(f"/team/{person.pk}/role/", role="operator"))
    assert role_of(acme, "viewer@acme.test") == Role.OPERATOR
    desk.post(f"/team/{person.pk}/remove/")
    assert role_of(acme, "viewer@acme.test") is None
    assert "owner@acme.test" not in words(viewer.get("/team/"))


def test_the_only_owner_stays_one(desk, acme):
    me = Person.objects.get(email="owner@acme.test")
    assert "This is the only owner" in words(desk.post(f"/team/{me.pk}/role/", role="viewer"))
    assert "This is the only owner" in words(desk.post(f"/team/{me.pk}/remove/"))
    assert role_of(acme, "owner@acme.test") == Role.OWNER


def test_a_role_that_there_is_not_changes_nothing(desk, acme):
    enter(acme, Role.VIEWER)
    person = Person.objects.get(email="viewer@acme.test")
    assert "Choose a role." in words(desk.post(f"/team/{person.pk}/role/", role="king"))
    assert role_of(acme, "viewer@acme.test") == Role.VIEWER


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_others_see_the_team_and_change_nothing_by_hand_made_requests(acme, role):
    owner = Person.objects.create_user("boss@acme.test")
    Membership.objects.create(customer=acme, person=owner, role=Role.OWNER)
    desk = enter(acme, role)
    page = desk.page("/team/")
    assert "boss@acme.test" in page
    assert "Invite somebody" not in page
    for path, form in (
        ("/team/", {"email": "ana@acme.test", "role": "owner"}),
        (f"/team/{owner.pk}/role/", {"role": "viewer"}),
        (f"/team/{owner.pk}/remove/", {}),
    ):
        assert desk.post(path, follow=False, **form).status_code == 403
    assert role_of(acme, "boss@acme.test") == Role.OWNER
    assert Invitation.objects.count() == 0


def test_another_customers_people_and_invitations_are_not_found(desk, globex):
    theirs = enter(globex, Role.VIEWER)
    person = Person.objects.get(email="viewer@globex.test")
    boss = enter(globex, Role.OWNER)
    boss.post("/team/", email="new@globex.test", role="viewer")
    invitation = Invitation.objects.get()
    assert desk.post(f"/team/{person.pk}/role/", follow=False, role="owner").status_code == 404
    assert desk.post(f"/team/{person.pk}/remove/", follow=False).status_code == 404
    desk.post(f"/team/invitations/{invitation.pk}/withdraw/")
    assert Invitation.objects.count() == 1
    assert role_of(globex, "viewer@globex.test") == Role.VIEWER
    assert theirs.get("/team/").status_code == 200
