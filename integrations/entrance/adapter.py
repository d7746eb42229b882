"""What django-allauth asks us: who may sign up, what slows guessing down, how secrets of second factors are kept."""

from __future__ import annotations

import logging
from contextlib import suppress
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.forms import BaseForm
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from integrations import second_factors, sign_ups
from tenants import throttle
from tenants.addresses import mailed_origin
from tenants.models import Person

log = logging.getLogger(__name__)


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Signing up and in by mail address and password."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This address and password do not belong together."),
        "too_many_login_attempts": _("Too many attempts. Wait a quarter of an hour, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether anybody may sign up (SIGN_UP_OPEN, up to so many a day); by invitation they come another way."""
        return bool(settings.SIGN_UP_OPEN) and not sign_ups.is_full(timezone.now())

    def new_user(self, request: HttpRequest) -> AbstractBaseUser:
        """Who signs up proves their address by themselves."""
        person = Person()
        person.vouched = False
        return person

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: BaseForm, commit: bool = True
    ) -> AbstractBaseUser:
        """Takes the name over as well."""
        if isinstance(user, Person):
            user.name = form.cleaned_data.get("name", "")
        saved: AbstractBaseUser = super().save_user(request, user, form, commit)
        return saved

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that a trusted proxy names, as everywhere here (tenants/proxies.py)."""
        return throttle.address_of(request) or "127.0.0.1"  # a UNIX socket has no address

    def is_safe_url(self, url: str) -> bool:
        """Pages of this host alone: not those of customers' hosts, which are entered by the hand-over."""
        host, secure = self.request.get_host(), self.request.is_secure()
        return url_has_allowed_host_and_scheme(url, {host}, require_https=secure)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raises ValidationError for an account or address that has failed too often."""
        who = {"email": str(credentials.get("email", "")), "address": throttle.address_of(request)}
        if throttle.is_blocked(**who, now=timezone.now()):
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Counts it."""
        address = throttle.address_of(request)
        throttle.failed(email=str(credentials.get("email", "")), address=address, now=timezone.now())

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The person of these credentials; their failures before are forgotten."""
        person: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if person is not None:
            throttle.succeeded(email=str(credentials.get("email", "")), address=throttle.address_of(request))
        return person

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Says so on a page if the mail cannot be sent: whoever waits for it would wait in vain."""
        try:
            if settings.EMAIL_ENABLED:
                super().send_mail(template_prefix, email, {name: self._ours(name, of) for name, of in context.items()})
                return
        except (SMTPException, OSError) as error:
            log.error("a mail to a person was not sent", extra={"error": type(error).__name__})
        raise ImmediateHttpResponse(render(self.request, "account/mail_failed.html", status=503))

    def _ours(self, name: str, value: Any) -> Any:
        """Links lead to the public host as it is configured, and nowhere that a request names."""
        if not name.endswith("_url") or not isinstance(value, str):
            return value
        link = urlsplit(value)
        return f"{mailed_origin(self.request)}{urlunsplit(('', '', link.path, link.query, ''))}"

    def send_notification_mail(self, *given: Any, **named: Any) -> None:
        """What it tells of is done: it stays done if the mail cannot be sent."""
        with suppress(ImmediateHttpResponse):
            super().send_notification_mail(*given, **named)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of authenticator apps and recovery codes, encrypted under keys derived from FIELD_KEYS."""

    def encrypt(self, text: str) -> str:
        """A Fernet token under the newest key."""
        return second_factors.keys().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """The secret. Raises KeyMissing."""
        return second_factors.keys().decrypt(encrypted_text.encode("ascii")).decode()
