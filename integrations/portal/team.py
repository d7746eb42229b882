"""/team/: who works at the customer and as what, and who is invited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import invitations, members
from integrations.errors import IntegrationError
from integrations.portal.doing import Done, WrongInput, carry_out
from integrations.portal.keyset import listed
from integrations.portal.pages import PageRequest, actor, page, see
from integrations.refusals import CannotBeDone
from tenants.addresses import mailed_origin
from tenants.models import Membership, Role

MEANS = (
    (Role.VIEWER, _("Viewer: sees everything, changes nothing")),
    (Role.OPERATOR, _("Operator: also runs, pauses, maps, sends again and dismisses")),
    (Role.OWNER, _("Owner: also connections, options, people, keys, and leaving")),
)


class Invite(forms.Form):
    """Somebody who shall join."""

    email = forms.EmailField(label=_("Mail address"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=MEANS, widget=forms.RadioSelect, initial=Role.VIEWER)


@page(role="viewer", post="owner")
def team(request: PageRequest) -> HttpResponse:
    """Members and open invitations; a post invites somebody."""
    form = Invite(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _invited(request, form):
        return see("team")
    return _team(request, form)


def _team(request: PageRequest, form: Invite) -> HttpResponse:
    people = Membership.objects.select_related("person").filter(customer=request.customer)
    found = listed(request, people, order=("person__email",))
    shown = {
        "form": form,
        "rows": found.rows,
        "cursor": found.cursor,
        "invited": invitations.open_of(request.customer),
        "roles": MEANS,
        "mail": settings.EMAIL_ENABLED,
        "days": invitations.LIFE.days,
    }
    return render(request, "portal/team/list.html", shown, status=422 if form.errors else 200)


@page(role="owner", methods=("POST",))
def change(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Another role, from their next click on."""
    wanted = request.POST.get("role", "")

    def do(member: Membership) -> str:
        if wanted not in Role.values:
            raise WrongInput("role", gettext("Choose a role."))
        members.change_role(member, Role(wanted), actor=actor(request))
        return gettext("%(who)s is %(role)s now.") % {"who": member.person.email, "role": wanted}

    return _do(request, person_id, do)


@page(role="owner", methods=("POST",))
def remove(request: PageRequest, person_id: UUID) -> HttpResponse:
    """Locked out from their next click on."""

    def do(member: Membership) -> str:
        members.remove(member, actor=actor(request))
        return gettext("%(who)s is locked out.") % {"who": member.person.email}

    return _do(request, person_id, do)


@page(role="owner", methods=("POST",))
def withdraw(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """The link in the mail is dead from now on."""

    def do() -> Done:
        try:
            gone = invitations.withdraw(request.customer, invitation_id, actor=actor(request))
        except invitations.InvitationGone:
            raise CannotBeDone(gettext("This invitation was accepted or withdrawn meanwhile, or has ended.")) from None
        return gettext("The invitation of %(who)s is withdrawn.") % {"who": gone.email}, reverse("team")

    return carry_out(request, do, reverse("team"))


def _invited(request: PageRequest, form: Invite) -> bool:
    """Whether the mail is on its way; if not, the form says why."""
    given = form.cleaned_data
    who: dict[str, Any] = {"email": given["email"], "role": Role(given["role"])}
    try:
        with transaction.atomic():
            made = invitations.invite(request.customer, **who, actor=actor(request), origin=mailed_origin(request))
    except ValidationError as error:
        form.add_error("email", error.messages)
        return False
    except (CannotBeDone, IntegrationError) as error:
        form.add_error("email", str(error))
        return False
    messages.success(request, gettext("%(who)s is invited by mail.") % {"who": made.email})
    return True


def _do(request: PageRequest, person_id: UUID, deed: Callable[[Membership], str]) -> HttpResponse:
    def do() -> Done:
        member = members.find(request.customer, person_id, lock=True)
        if member is None:
            raise Http404
        return deed(member), reverse("team") if member.person_id != request.user.pk else "/"

    return carry_out(request, do, reverse("team"), again=lambda asked: _team(asked, Invite()))


routes = [
    path("team/", team, name="team"),
    path("team/<uuid:person_id>/role/", change, name="team-role"),
    path("team/<uuid:person_id>/remove/", remove, name="team-remove"),
    path("team/invitations/<uuid:invitation_id>/withdraw/", withdraw, name="team-withdraw"),
]
