"""What a page's buttons do: each calls one function, tells in a message what came of it, and leads on (303).

What a form says that does not fit comes back in that form (422): the page again, what was entered in its fields, each
mistake beside its own. The first one gets the focus (tenants/static/tenants/errors.js).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

Again = Callable[[PageRequest], HttpResponse]
"""Makes the page that the form stands on."""

WHOLE = "whole"
"""Stands for a field: what is wrong with a form as a whole."""


class WrongInput(CannotBeDone):
    """A field of a form holds what does not fit."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def carry_out(
    request: PageRequest, do: Callable[[], Done], back: str, *, calls_out: bool = False, again: Again | None = None
) -> HttpResponse:
    """Runs a deed in a transaction; with `calls_out` in none, since it asks a remote system and opens its own.

    Why something cannot be done is told in a message: on the page `back`, or, so that nothing of a form is entered
    twice, on the page that `again` makes. What is wrong with a field stands beside it there.
    """
    try:
        with nullcontext() if calls_out else transaction.atomic():
            told, to = do()
    except (WrongMembers, CannotBeDone, IntegrationError) as error:
        faults = faults_of(error)
        for field, sentences in faults.items():
            if field == WHOLE or again is None:
                for sentence in sentences:
                    messages.error(request, sentence)
        return see(back) if again is None else come_back(request, faults, again)
    messages.success(request, told)
    return see(to)


def come_back(request: PageRequest, faults: Mapping[str, list[str]], again: Again) -> HttpResponse:
    """The page of a form once more (422), with what is wrong by field; templates ask for it: `{% refused url %}`."""
    request.refused = faults
    answer = again(request)
    answer.status_code = 422
    if request.htmx:  # whatever part was asked for: it is a whole page
        answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "body", "innerHTML"
    return answer


def faults_of(error: WrongMembers | CannotBeDone | IntegrationError) -> dict[str, list[str]]:
    """What is wrong, by field."""
    if not isinstance(error, WrongMembers):
        return {error.field if isinstance(error, WrongInput) else WHOLE: [str(error)]}
    found: dict[str, list[str]] = {}
    for place, sentence in error.faults:
        found.setdefault(place or WHOLE, []).append(sentence)
    return found


def reason_of(request: PageRequest) -> str:
    """The reason that a form asks for. Raises CannotBeDone without one."""
    return said(request, "reason", gettext("Say why: it is kept in the audit."))


def said(request: PageRequest, name: str, missing: str, *, most: int = 300) -> str:
    """A text that the form has to hold. Raises WrongInput with the sentence `missing`."""
    text = request.POST.get(name, "").strip()
    if not text or "\x00" in text:
        raise WrongInput(name, missing)
    if len(text) > most:
        raise WrongInput(name, gettext("At most %(most)s characters, please.") % {"most": most})
    return text
