"""The public host's own pages about a person: their account, their sessions, accepting an invitation."""

from __future__ import annotations

from typing import Any, cast

from allauth.account import views as accounts
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import EmailVerificationStage, LoginStageController
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from integrations import invitations, sessions
from integrations.entrance.forms import JoinForm
from integrations.invitations import InvitationGone
from integrations.refusals import CannotBeDone
from tenants import mailboxes
from tenants.addresses import customer_origin
from tenants.doors import open_to_anybody
from tenants.joining_models import Invitation
from tenants.models import Customer, Person


class SignUpView(accounts.SignupView):  # type: ignore[misc]
    """Signing up."""

    def closed(self) -> HttpResponse:
        """By invitation alone, or too many today."""
        return render(self.request, self.template_name_signup_closed, {"sign_up_open": settings.SIGN_UP_OPEN})


class ConfirmView(accounts.ConfirmEmailView):  # type: ignore[misc]
    """Proves an address.

    A password is kept only in the browser that has signed up with it. In any other one it may be a stranger's, who has
    signed up with an address of somebody else and waits for them to confirm it: whoever has the mailbox chooses one.
    """

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Confirms, and leads on: in, or to a password of one's own."""
        self.object = self.get_object()
        person = self.object.email_address.user
        is_new = not mailboxes.is_proven(person) and not self._has_signed_up_here(person)
        if is_new:
            person.set_unusable_password()
            person.save(update_fields=["password"])
        answer: HttpResponse = super().post(*args, **kwargs)
        if not is_new or not mailboxes.is_proven(person):
            return answer
        messages.info(self.request, gettext("Now choose the password that opens your account."))
        key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
        return _see(reverse("account_reset_password_from_key", kwargs=key))

    def _has_signed_up_here(self, person: Person) -> bool:
        stage = LoginStageController.enter(self.request, EmailVerificationStage.key)
        return stage is not None and stage.login.user.pk == person.pk


@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """What a person can change about themselves."""
    return render(request, "entrance/account.html", {"protected": is_mfa_enabled(request.user)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in; a POST signs out everywhere else, on customers' hosts as well."""
    if request.method == "POST":
        ended = sessions.end_others(_person(request), str(request.session.session_key))
        messages.success(request, gettext("%(count)s other sessions were ended.") % {"count": ended})
        return _see("/account/sessions/")
    return render(request, "entrance/sessions.html", {"sessions": sessions.of(request)})


@never_cache
@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """Where signing up leads: to the customer's host, if there is one to go to."""
    customers = list(Customer.objects.filter(memberships__person=_person(request), suspended_at=None)[:2])
    return redirect(f"{customer_origin(request, customers[0])}/" if len(customers) == 1 else "/")


@open_to_anybody
@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Shows who invites to what; a POST joins, with a new account if the address has none with a password."""
    try:
        found = invitations.find(token)
        if request.user.is_authenticated:
            return _by_somebody_known(request, token, found)
        return _by_a_stranger(request, token, found)
    except InvitationGone:
        return render(request, "entrance/invitation_gone.html", status=410)


def _by_somebody_known(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    person = _person(request)
    shown = {"invitation": found, "is_theirs": person.email == found.email}
    if request.method != "POST":
        return render(request, "entrance/invitation.html", shown)
    try:
        invitations.accept(token, person)
    except CannotBeDone as error:
        messages.error(request, str(error))
        return render(request, "entrance/invitation.html", shown, status=409)
    return _see(f"{customer_origin(request, found.customer)}/")


def _by_a_stranger(request: HttpRequest, token: str, found: Invitation) -> HttpResponse:
    """Who has a password signs in first: the mailbox alone opens no account that is there already.

    A password that was chosen by somebody who never proved the address is replaced: they may be anybody.
    """
    person = Person.objects.filter(email=found.email).first()
    known = person is not None and person.has_usable_password() and mailboxes.is_proven(person)
    if person is not None and (known or not person.is_active):
        return render(request, "entrance/invitation.html", {"invitation": found})
    person = person or Person(email=found.email)
    form = JoinForm(person, request.POST if request.method == "POST" else None, initial={"name": person.name})
    if not form.is_valid():
        shown = {"invitation": found, "form": form}
        return render(request, "entrance/invitation.html", shown, status=422 if form.errors else 200)
    try:
        with transaction.atomic():
            person.set_password(form.cleaned_data["password"])
            person.save()
            mailboxes.vouch(person)  # the link came by that mailbox
            invitations.accept(token, person)
    except IntegrityError:  # the same form was sent twice at once: the other one is the one that joins
        raise InvitationGone from None
    record_authentication(request, person, method="password", email=person.email)
    return cast(HttpResponse, perform_login(request, Login(user=person, redirect_url="/welcome/")))


def _person(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - the middleware lets nobody else in
    return request.user


def _see(url: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": url})
