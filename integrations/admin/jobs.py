"""Replays and dismissals of many records: counted and previewed first, then a job to watch and to stop; and causes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from integrations import desk
from integrations.admin.doing import Answer, Deed, Desk, actor, carry_out, customer, desk_page, link_to, require
from integrations.admin.maps import fix_forms
from integrations.admin.site import customer_site
from integrations.engine import Selection, replay_jobs
from integrations.engine.grouping import groups
from integrations.errors import IntegrationError
from integrations.looking import samples
from integrations.models import Delivery, Progress, ReplayJob, Sync
from integrations.refusals import CannotBeDone
from tenants.models import Role

MOST_FORMS = 20
WORDS = ("reason", "needs", "key")


@admin.register(ReplayJob, site=customer_site)
class ReplayJobPage(Desk):
    """Replays and dismissals of many."""

    list_display: ClassVar = ("created_at", "action", "state", "done", "expected", "started_by", "finished_at")
    list_filter: ClassVar = ("state", "action")
    ordering: ClassVar = ("-id",)
    list_before_template = "admin/desk/jobs_before.html"
    template = "admin/desk/job.html"
    deeds: ClassVar = {"stop": Deed(), "resume": Deed()}

    def get_urls(self) -> list[Any]:
        """And a page where a job is put together."""
        return [
            path("new/", self.admin_site.admin_view(self.new), name="integrations_replayjob_new"),
            *super().get_urls(),
        ]

    def shown(self, request: HttpRequest, row: ReplayJob) -> dict[str, Any]:
        """How far it is."""
        seen = max(row.expected, row.seen)
        return {
            "running": row.state == Progress.RUNNING,
            "of": seen,
            "title": f"{row.action} of {row.expected} records",
        }

    def new(self, request: HttpRequest) -> HttpResponse:
        """What is to be taken up; counted and previewed when it is asked for, begun by a POST."""
        require(request, Role.OPERATOR)
        given = request.POST if request.method == "POST" else request.GET
        action = "dismiss" if given.get("action") == "dismiss" else "replay"
        back = f"{request.path}?{urlencode(_given(given))}"
        if request.method == "POST" and "start" in request.POST:
            return carry_out(request, lambda: _start(request, action), back)
        shown: dict[str, Any] = {
            "given": {**_given(given), "action": action},
            "title": "Replay or dismiss many records",
        }
        if request.method == "POST":
            try:
                shown |= _looked(selection_of(given), action)
            except (CannotBeDone, IntegrationError) as error:
                messages.error(request, str(error))
        shown |= {"syncs": Sync.objects.order_by("flow"), "states": Delivery.State.choices}
        return desk_page(request, "admin/desk/job_new.html", {"opts": self.model._meta, **shown})

    def stop(self, request: HttpRequest, row: ReplayJob) -> Answer:
        """After the batch that is under way."""
        desk.stop_job(row, actor=actor(request), now=timezone.now())
        return "Stopped. What was taken up goes on."

    def resume(self, request: HttpRequest, row: ReplayJob) -> Answer:
        """Where it was."""
        desk.resume_job(row, customer(request), actor=actor(request), now=timezone.now())
        return "It goes on where it was."


def causes(request: HttpRequest) -> HttpResponse:
    """What waits or needs a person, by cause, each with the one fix for all of it."""
    found = groups()
    forms = fix_forms((group.fix for group in found[:MOST_FORMS]), request.path)
    rows = [
        {
            "group": group,
            "form": forms.get((group.fix.map, group.fix.key)),
            "job": urlencode({"flow": group.flow, "states": group.state, "codes": group.code, "needs": group.needs}),
        }
        for group in found
    ]
    return desk_page(request, "admin/desk/causes.html", {"rows": rows, "title": "Failures by cause"})


def selection_of(given: Mapping[str, str]) -> Selection:
    """From a form. Raises CannotBeDone for a time that is none, or where nothing narrows."""
    flow = given.get("flow", "").strip()
    if not flow and given.get("sync"):
        flow = next((str(sync.flow) for sync in Sync.objects.all() if str(sync.pk) == given["sync"]), "")
    many = {"flows": flow, "states": given.get("states", "").strip(), "codes": given.get("codes", "").strip()}
    selection = Selection(
        **{name: (value,) for name, value in many.items() if value},  # type: ignore[arg-type]
        **{name: given.get(name, "").strip() for name in WORDS},  # type: ignore[arg-type]
        since=_time(given.get("since", "")),
        until=_time(given.get("until", "")),
    )
    if not selection.as_json():
        raise CannotBeDone("Say which records: a job for all of them is not offered.")
    return selection


def _given(given: Mapping[str, str]) -> dict[str, str]:
    names = ("flow", "sync", "states", "codes", *WORDS, "since", "until")
    return {name: given.get(name, "") for name in names if given.get(name)}


def _time(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = parse_datetime(text.strip())
    except ValueError:
        found = None
    if found is None:
        raise CannotBeDone(f"{text[:40]} is no time such as 2026-03-02T08:00 (UTC).")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _looked(selection: Selection, action: str) -> dict[str, Any]:
    """How many there are, and what would be written of a few of one flow, against the live target."""
    counted = replay_jobs.preview(selection, action)
    return {"counted": counted, "previews": samples(selection) if action == "replay" else []}


def _start(request: HttpRequest, action: str) -> Answer:
    selection, reason = selection_of(request.POST), request.POST.get("reason_of_dismissal", "").strip()
    given: dict[str, Any] = {"action": action, "reason": reason, "actor": actor(request), "now": timezone.now()}
    return redirect(link_to(desk.start_job(selection, customer(request), **given)))


def causes_link() -> str:
    """Where failures are shown by cause."""
    return reverse("admin:causes")
