"""/tasks/: what needs a person, by its cause with one fix for all of it; many records sent again or dismissed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext

from integrations import desk
from integrations.engine import Selection, replay_jobs
from integrations.engine.grouping import groups
from integrations.errors import IntegrationError
from integrations.looking import samples
from integrations.models import Progress, ReplayJob, Sync
from integrations.portal.doing import Done, carry_out, reason_of
from integrations.portal.fixes import fix_link, fix_words, reason_words, task_link
from integrations.portal.live import live
from integrations.portal.pages import PageRequest, actor, page
from integrations.portal.words import flow_title, state_of
from integrations.refusals import CannotBeDone
from integrations.todo import is_for_a_person, newest_reports, open_tasks

MOST_JOBS, MOST_CAUSES = 10, 20
NARROWING = ("flow", "state", "code", "needs")


@page(role="viewer")
def tasks(request: PageRequest) -> HttpResponse:
    """Causes with what mends them, what else needs a person, and the last jobs."""
    syncs = list(Sync.objects.select_related("source", "target").order_by("flow"))
    found = [task for task in open_tasks(syncs, newest_reports(), ()) if task.group is None]
    known = groups()
    every = request.GET.get("all") == "yes"
    causes = [_cause(group) for group in (known if every else known[:MOST_CAUSES])]
    jobs = ReplayJob.objects.order_by("-id").defer("cursor")[:MOST_JOBS]
    shown = {
        "others": [(task, _subject(task.kind, task.subject), task_link(task)) for task in found],
        "causes": [cause for cause in causes if cause["yours"]],
        "waiting": [cause for cause in causes if not cause["yours"]],
        "jobs": jobs,
        "more": len(known) - len(causes),
    }
    return render(request, "portal/tasks/list.html", shown)


@page(role="operator", methods=("GET", "HEAD"))
def many(request: PageRequest) -> HttpResponse:
    """How many records a cause holds up, and what would be written of some of them; nothing is begun."""
    return _many(request, request.GET)


@page(role="operator", methods=("POST",))
def sample(request: PageRequest) -> HttpResponse:
    """The same with a look at the other system: what would be written of some of them. Changes nothing."""
    return _many(request, request.POST, with_sample=True)


@page(role="operator", methods=("POST",))
def start(request: PageRequest) -> HttpResponse:
    """Begins a job for all records of a cause."""
    action = "dismiss" if request.POST.get("action") == "dismiss" else "replay"

    def do() -> Done:
        selection = _selection(request.POST)
        given: dict[str, Any] = {"action": action, "reason": reason_of(request) if action == "dismiss" else ""}
        job = desk.start_job(selection, request.customer, **given, actor=actor(request), now=timezone.now())
        return gettext("It has begun."), reverse("task-job", args=[job.pk])

    return carry_out(request, do, _back(request.POST), again=lambda asked: _many(asked, asked.POST))


@page(role="viewer")
def job(request: PageRequest, job_id: UUID) -> HttpResponse:
    """How far a job is."""
    row = get_object_or_404(ReplayJob, pk=job_id)
    shown = {"job": row, "of": max(row.expected, row.seen), "running": row.state == Progress.RUNNING}
    shown["flows"] = [flow_title(flow) for flow in row.selection.get("flows", ())]
    return live(request, "portal/tasks/_job.html", "portal/tasks/job.html", shown)


@page(role="operator", methods=("POST",))
def stop(request: PageRequest, job_id: UUID) -> HttpResponse:
    """Ends a job after the batch that is under way."""
    row, here = get_object_or_404(ReplayJob, pk=job_id), reverse("task-job", args=[job_id])

    def do() -> Done:
        desk.stop_job(row, actor=actor(request), now=timezone.now())
        return gettext("Stopped. What was taken up goes on."), here

    return carry_out(request, do, here)


@page(role="operator", methods=("POST",))
def resume(request: PageRequest, job_id: UUID) -> HttpResponse:
    """Lets a job that was stopped, or has failed, go on where it was."""
    row, here = get_object_or_404(ReplayJob, pk=job_id), reverse("task-job", args=[job_id])

    def do() -> Done:
        desk.resume_job(row, request.customer, actor=actor(request), now=timezone.now())
        return gettext("It goes on where it was."), here

    return carry_out(request, do, here)


def _many(request: PageRequest, given: Mapping[str, str], *, with_sample: bool = False) -> HttpResponse:
    try:
        selection = _selection(given)
    except CannotBeDone as error:
        messages.error(request, str(error))
        return render(request, "portal/tasks/many.html", {"given": {}}, status=422)
    shown: dict[str, Any] = {
        "given": {name: given.get(name, "") for name in NARROWING if given.get(name)},
        "flow": flow_title(given.get("flow", "")),
        "state": state_of(given.get("state", "")),
        "counted": replay_jobs.preview(selection, "replay"),
    }
    if with_sample:
        try:
            shown["looks"] = samples(selection)
        except IntegrationError as error:
            shown["trouble"] = str(error)
    return render(request, "portal/tasks/many.html", shown)


def _selection(given: Mapping[str, str]) -> Selection:
    """From what a cause is told by. Raises CannotBeDone where that is no cause."""
    flow, state, code, needs = (given.get(name, "").strip() for name in NARROWING)
    if not flow or not state or not (code or needs) or "\x00" in flow + state + code + needs:
        raise CannotBeDone(gettext("Begin on the page of tasks: a job is about one cause of one flow."))
    return Selection(flows=(flow,), states=(state,), codes=(code,) if code else (), needs=needs)


def _cause(group: Any) -> dict[str, Any]:
    narrowed = {"flow": group.flow, "state": group.state, "code": group.code, "needs": group.needs}
    return {
        "group": group,
        "id": f"cause-{group.flow}-{group.state}-{group.example}",
        "flow": flow_title(group.flow),
        "state": state_of(group.state),
        "link": fix_link(group.fix, group.flow),
        "reason": reason_words(group.reason, group.needs),
        "fix": fix_words(group.fix),
        "query": urlencode({name: value for name, value in narrowed.items() if value}),
        "list": urlencode({"flow": group.flow, "code": group.code, "needs": group.needs}),
        "yours": is_for_a_person(group),
    }


def _subject(kind: str, subject: str) -> str:
    return flow_title(subject) if kind in ("stalled", "books", "permission", "paused", "overdue") else subject


def _back(given: Mapping[str, str]) -> str:
    query = urlencode({name: given.get(name, "") for name in NARROWING if given.get(name)})
    return f"{reverse('task-many')}?{query}"


routes = [
    path("tasks/", tasks, name="tasks"),
    path("tasks/many/", many, name="task-many"),
    path("tasks/many/sample/", sample, name="task-sample"),
    path("tasks/many/start/", start, name="task-start"),
    path("tasks/jobs/<uuid:job_id>/", job, name="task-job"),
    path("tasks/jobs/<uuid:job_id>/stop/", stop, name="task-job-stop"),
    path("tasks/jobs/<uuid:job_id>/resume/", resume, name="task-job-resume"),
]
