"""What a page's buttons do: each calls one function, tells in a message what came of it, and leads on (303)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext

from integrations.errors import IntegrationError
from integrations.portal.pages import PageRequest, see
from integrations.refusals import CannotBeDone, WrongMembers

Done = tuple[str, str]
"""What to say, and the path to go on to."""


def carry_out(request: PageRequest, do: Callable[[], Done], back: str, *, calls_out: bool = False) -> HttpResponse:
    """Runs a deed in a transaction; with `calls_out` in none, since it asks a remote system and opens its own.

    Why something cannot be done is told in a message on the page `back`.
    """
    try:
        with nullcontext() if calls_out else transaction.atomic():
            said, to = do()
    except WrongMembers as wrong:
        for _, sentence in wrong.faults:
            messages.error(request, sentence)
        return see(back)
    except (CannotBeDone, IntegrationError) as error:
        messages.error(request, str(error))
        return see(back)
    messages.success(request, said)
    return see(to)


def reason_of(request: PageRequest) -> str:
    """The reason that a form asks for. Raises CannotBeDone without one."""
    return said(request, "reason", gettext("Say why: it is kept in the audit."))


def said(request: PageRequest, name: str, missing: str, *, most: int = 300) -> str:
    """A text that the form has to hold. Raises CannotBeDone with the sentence `missing`."""
    text = request.POST.get(name, "").strip()
    if not text or "\x00" in text or len(text) > most:
        raise CannotBeDone(missing)
    return text
