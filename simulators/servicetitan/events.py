"""When webhooks are sent: control endpoints, a person's edits of jobs, and a thread for whoever serves for long."""

import threading
from typing import TYPE_CHECKING, Any

from simulators.servicetitan.webhooks import Send, job_data, post
from simulators.simulator import control_body
from simulators.wire import Request, Response, json_response

if TYPE_CHECKING:
    from simulators.servicetitan.simulator import ServiceTitan


def answer(titan: "ServiceTitan", request: Request, name: str) -> Response | None:
    """``webhooks`` (GET; POST settings), ``webhooks/send`` (an event by hand), ``webhooks/deliver`` (what is due)."""
    if name == "webhooks":
        settings = control_body(request) if request.method == "POST" else {}
        return json_response(titan.webhooks.configure(settings))
    if (request.method, name) == ("POST", "webhooks/send"):
        return json_response(_by_hand(titan, control_body(request)))
    if (request.method, name) == ("POST", "webhooks/deliver"):
        backwards = bool(control_body(request).get("backwards"))
        return json_response({"sent": deliver(titan, backwards=backwards)})
    return None


def _by_hand(titan: "ServiceTitan", given: dict[str, Any]) -> list[dict[str, Any]]:
    """``type``, and ``data`` or ``tenant`` and ``job``; ``as_tenant`` names a tenant id that may not exist."""
    data = given.get("data")
    if data is None:
        tenant = titan.tenants[int(given["tenant"])]
        data = job_data(given["type"], tenant, int(given["job"]), given.get("as_tenant"))
    return [it.row() for it in titan.webhooks.happened(given["type"], data, given)]


def job_changed(titan: "ServiceTitan", request: Request, response: Response) -> None:
    """A job that a person made or edited is told about."""
    given = control_body(request)
    if given.get("kind") != "jobs" or response.status != 200 or not titan.webhooks.settings.url:
        return
    tenant = titan.tenants[int(given.get("tenant", next(iter(titan.tenants))))]
    number = response.json()["id"]
    kind = "tn.jpm.job-updated" if "id" in given else "tn.jpm.job-scheduled"
    titan.webhooks.happened(kind, job_data(kind, tenant, number))
    if given.get("values", {}).get("jobStatus") == "Completed":
        completed = "tn.jpm.job-completed"
        titan.webhooks.happened(completed, job_data(completed, tenant, number))


def deliver(titan: "ServiceTitan", send: Send = post, *, backwards: bool = False) -> int:
    """Send what is due now, one after the other; the simulator can be called meanwhile. The number of attempts."""
    with titan.lock:
        due = titan.webhooks.due(backwards=backwards) if titan.webhooks.settings.url else []
    for delivery in due:
        with titan.lock:
            request = titan.webhooks.request(delivery)
        status = send(*request)
        with titan.lock:
            titan.webhooks.answered(delivery, status)
    return len(due)


def keep_delivering(titan: "ServiceTitan", stop: threading.Event, every: float = 0.2) -> threading.Thread:
    """Deliver in a thread until ``stop`` is set; the schedule follows the simulator's clock."""

    def work() -> None:
        while not stop.wait(every):
            deliver(titan)

    thread = threading.Thread(target=work, name="webhooks", daemon=True)
    thread.start()
    return thread
