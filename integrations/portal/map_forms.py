"""What the forms of a map ask for: one code, accepted suggestions, a file, or rows that a page carries along."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _

from integrations import map_files, value_maps
from integrations.engine import Given
from integrations.map_changes import Wanted
from integrations.models import ValueMap
from integrations.portal.doing import WrongInput
from integrations.portal.pages import PageRequest
from integrations.refusals import CannotBeDone

MOST_CHANGED = 2_000
FILE_LIMIT = 2 * 1024 * 1024


def asked_rows(request: PageRequest, name: str) -> list[Wanted]:
    """The rows that a form, a list of accepted suggestions or a file asks for, without those that are so already.

    Raises WrongFile, WrongInput, and CannotBeDone where nothing is asked for.
    """
    if "rows" in request.POST:
        found = stored_rows(request, name)
    elif is_upload(request):
        found = _from_file(request, name)
    else:
        found = _from_form(request, name)
    rows = value_maps.current(name, [each.given.key for each in found])
    changed = [each for each in found if _differs(each.given, rows.get(each.given.key))]
    if not changed:
        raise CannotBeDone(_("There is nothing to change: all of this is so already."))
    if len(changed) > MOST_CHANGED:
        raise CannotBeDone(_("At most %s rows can be changed at once: split the file.") % MOST_CHANGED)
    return changed


def typed_code(request: PageRequest) -> str:
    """The code whose value was entered by hand, "" where it is not the form of one code."""
    typed = [field.removeprefix("other:") for field in request.POST if field.startswith("other:")]
    return typed[0] if len(typed) == 1 and not map_files.unstorable(typed[0]) else ""


def is_upload(request: PageRequest) -> bool:
    """Whether it is the form for a file, with a file or without."""
    return "file" in request.FILES or "upload" in request.POST


def stored_rows(request: PageRequest, name: str) -> list[Wanted]:
    """The rows that a page of ours carries along. Raises Http404 for anything else."""
    try:
        rows = json.loads(request.POST.get("rows", ""))
        found = [
            Wanted(Given(name, str(key)[:120], str(value)[:200], str(label)[:200]), str(version))
            for key, value, label, version in rows
        ]
    except (ValueError, TypeError, RecursionError):
        raise Http404 from None
    texts = "".join(f"{each.given.key}{each.given.value}{each.given.label}" for each in found)
    if not 1 <= len(found) <= MOST_CHANGED or not all(each.given.key for each in found) or map_files.unstorable(texts):
        raise Http404
    return found


def _differs(given: Given, row: ValueMap | None) -> bool:
    if row is None:
        return bool(given.value)
    return (given.value, given.label or row.label) != (row.value, row.label) or row.missing_since is not None


def _from_form(request: PageRequest, name: str) -> list[Wanted]:
    keys = request.POST.getlist("suggested" if request.POST.get("all") else "key")
    if not keys:
        raise WrongInput("key", _("Tick at least one code first."))
    return [_from_fields(request, name, key) for key in keys]


def _from_fields(request: PageRequest, name: str, key: str) -> Wanted:
    """One row. Raises WrongInput."""
    removes = bool(request.POST.get("remove"))
    value = request.POST.get(f"value:{key}", "").strip() or request.POST.get(f"other:{key}", "").strip()
    label = request.POST.get(f"label:{key}", "").strip()
    if not key.strip() or not (value or removes):
        raise WrongInput("value", _("Choose or enter a value for each code that you want to map."))
    for field, title, text, most in (
        ("key", _("A code"), key, map_files.KEY_LENGTH),
        ("value", _("A value"), value, map_files.VALUE_LENGTH),
        ("label", _("A note"), label, map_files.VALUE_LENGTH),
    ):
        if map_files.unstorable(text):
            raise WrongInput(field, _("%(what)s holds a sign that cannot be kept.") % {"what": title})
        if len(text) > most:
            raise WrongInput(field, _("%(what)s has at most %(most)s characters.") % {"what": title, "most": most})
    return Wanted(Given(name, key, "" if removes else value, label), request.POST.get(f"version:{key}", ""))


def _from_file(request: PageRequest, name: str) -> list[Wanted]:
    upload: Any = request.FILES.get("file")
    if upload is None:
        raise CannotBeDone(_("Choose a file first."))
    if upload.size > FILE_LIMIT:
        raise CannotBeDone(_("The file is larger than 2 MB: split it."))
    try:
        text = upload.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotBeDone(_("The file is not UTF-8: save it as CSV UTF-8 and upload it again.")) from None
    lines = map_files.read(name, text.replace("\0", ""))
    rows = value_maps.current(name, [line.given.key for line in lines])
    return [Wanted(line.given, value_maps.version_of(rows.get(line.given.key))) for line in lines]
