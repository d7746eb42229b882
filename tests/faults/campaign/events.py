"""ServiceTitan's webhooks: its simulator signs and sends, the product's own view receives, in the same process."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.test import RequestFactory
from django_tenants.utils import schema_context

from integrations.webhooks import own_app
from simulators.servicetitan.events import deliver
from tests.faults.campaign.moves import Move

if TYPE_CHECKING:
    from tests.faults.campaign.history import History

WAYS = ("as it is", "doubled", "backwards", "forged", "tampered", "lost", "delayed", "of nobody")


def arrive(h: History, move: Move) -> None:
    """An event about a job, in one of several ways, and whatever else is due to be sent."""
    here = list(h.made.worlds.values())[move.a % len(h.made.worlds)]
    jobs = sorted(row["id"] for row in here.titan("jobs") if str(row["jobNumber"]).startswith("J"))
    if not jobs:
        return
    way = WAYS[move.b % len(WAYS)]
    event = {"type": "tn.jpm.job-updated", "tenant": here.tenant, "job": jobs[move.c % len(jobs)]}
    event |= {"times": 2} if way in ("doubled", "backwards") else {}
    event |= {"signed": "wrong"} if way == "forged" else {"signed": "tampered"} if way == "tampered" else {}
    event |= {"drop": True} if way == "lost" else {"delay": 90} if way == "delayed" else {}
    event |= {"as_tenant": 4711} if way == "of nobody" else {}
    here.control(here.servicetitan, "webhooks/send", event)
    h.made.tell(f"an event about a job, {way}")
    h.made.struck[f"webhook {way}"] += 1
    send(h, backwards=way == "backwards")


def send(h: History, *, backwards: bool = False) -> None:
    """What is due now arrives, newest first if it is `backwards`."""
    answers = []

    def post(url: str, headers: dict[str, str], body: bytes) -> int:
        path, kind = urlsplit(url).path, headers["Content-Type"]
        request = RequestFactory().post(path, body, content_type=kind, headers=headers)
        with schema_context("public"):
            answers.append(own_app(request, "sandbox").status_code)
        return answers[-1]

    deliver(h.titan, post, backwards=backwards)
    if answers:
        h.made.tell(f"webhooks are answered {answers}")
