"""Webhooks: the envelope, the signature, repeats, the schedule of attempts; and that procurement has none."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from simulators.log import Seen
from simulators.server import SimulatorServer, serve
from simulators.servicetitan.events import deliver
from simulators.servicetitan.webhooks import JOB_TYPES
from simulators.simulator import Simulator
from simulators.wire import Request, Response
from tests.simulators.servicetitan_service import Service
from tests.simulators.test_servicetitan_contract import _document, _nullable, needs_documents

KEY = "canary-hmac-key-of-at-least-32-characters"
Sent = list[tuple[dict[str, str], bytes]]


class Receiver(Simulator):
    """Keeps what it is sent and answers with a status that can be set."""

    def __init__(self) -> None:
        super().__init__()
        self.got: Sent = []
        self.status = 200

    def answer(self, request: Request, seen: Seen) -> Response:
        """Keep it."""
        self.got.append((request.headers, request.body))
        return Response(self.status)

    def state(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def reset(self, options: dict[str, Any]) -> None:
        """Nothing."""


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, SimulatorServer]]:
    """A listening receiver."""
    simulator = Receiver()
    with serve(simulator) as server:
        yield simulator, server


@pytest.fixture
def configured(service: Service, receiver: tuple[Receiver, SimulatorServer]) -> Service:
    """The simulator sends to the receiver; its clock stands still."""
    service.control("POST", "clock", {"now": "2026-01-31T08:00:00Z", "frozen": True})
    service.control("POST", "webhooks", {"url": f"{receiver[1].url}/hooks", "key": KEY})
    return service


def _job(service: Service) -> int:
    return service.ids("jpm/jobs?number=2005")[0]


def _send(service: Service, **options: Any) -> Any:
    body = {"tenant": 1001, "job": _job(service), "type": "tn.jpm.job-updated", **options}
    return service.control("POST", "webhooks/send", body)


def _delivered(service: Service, receiver: tuple[Receiver, SimulatorServer], **options: Any) -> list[dict[str, Any]]:
    """The bodies that arrive when what is due is delivered."""
    receiver[0].got.clear()
    service.control("POST", "webhooks/deliver", options)
    return [json.loads(body) for _, body in receiver[0].got]


def test_an_edited_job_is_told_about_in_a_cloud_event(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    configured.edit("jobs", _job(configured), jobStatus="Completed")
    updated, completed = _delivered(configured, receiver)
    assert (updated["type"], completed["type"]) == ("tn.jpm.job-updated", "tn.jpm.job-completed")
    assert (updated["specversion"], updated["source"]) == ("1.0", "https://webhooks.servicetitan.io")
    data = updated["data"]
    assert (data["job"]["jobNumber"], data["tenantId"], data["tenantName"]) == ("2005", 1001, "Tenant 1001")
    assert not {"customFields", "externalData"} & set(data["job"])


@pytest.mark.parametrize(
    ("header", "encoding", "prefix"),
    [
        ("X-ServiceTitan-Signature", "hex", ""),
        ("X-ST-Signature", "base64", ""),
        ("Servicetitan-Signature", "hex", "sha256="),
    ],
)
def test_the_raw_body_is_signed_in_the_header_and_encoding_as_set(
    configured: Service, receiver: tuple[Receiver, SimulatorServer], header: str, encoding: str, prefix: str
) -> None:
    configured.control("POST", "webhooks", {"header": header, "encoding": encoding, "prefix": prefix})
    _send(configured)
    configured.control("POST", "webhooks/deliver")
    ((headers, body),) = receiver[0].got
    digest = hmac.new(KEY.encode(), body, hashlib.sha256).digest()
    text = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    assert headers[header.lower()] == prefix + text


def test_wrong_and_missing_signatures_can_be_sent(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    _send(configured, signed="wrong")
    _send(configured, signed="none")
    configured.control("POST", "webhooks/deliver")
    (wrong, body), (none, _) = receiver[0].got
    assert wrong["x-servicetitan-signature"] != hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    assert "x-servicetitan-signature" not in none


def test_bytes_can_be_changed_on_the_way_after_they_were_signed(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    _send(configured, signed="tampered")
    _send(configured, signed="truncated")
    configured.control("POST", "webhooks/deliver")
    for headers, body in receiver[0].got:
        assert headers["x-servicetitan-signature"] != hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    tampered, truncated = (body for _, body in receiver[0].got)
    assert json.loads(tampered)["data"]["job"]["jobNumber"] == "2005"
    with pytest.raises(ValueError, match="delimiter|Unterminated|Expecting"):
        json.loads(truncated)


def test_an_appointment_names_its_job_by_the_id(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    _send(configured, type="tn.jpm.job-appointment-updated")
    (told,) = _delivered(configured, receiver)
    assert (told["data"]["appointment"]["jobId"], "job" in told["data"]) == (_job(configured), False)


def test_a_repeat_has_the_same_occurrence_and_another_id(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    _send(configured, times=2)
    first, second = _delivered(configured, receiver)
    assert first["userassignedid"] == second["userassignedid"]
    assert first["id"] != second["id"]


def test_events_can_come_late_in_the_wrong_order_never_or_for_an_unknown_tenant(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    _send(configured, userassignedid="dropped", drop=True)
    _send(configured, userassignedid="late", delay=60)
    _send(configured, userassignedid="one")
    _send(configured, userassignedid="two", as_tenant=999)
    arrived = _delivered(configured, receiver, backwards=True)
    assert [(it["userassignedid"], it["data"]["tenantId"]) for it in arrived] == [("two", 999), ("one", 1001)]
    configured.control("POST", "clock", {"advance": 60})
    assert [it["userassignedid"] for it in _delivered(configured, receiver)] == ["late"]


def test_a_refused_event_is_tried_again_by_the_schedule_and_then_given_up(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    receiver[0].status = 500
    _send(configured)
    seen = [len(_delivered(configured, receiver))]
    for seconds in (9, 1, 30, 60, 299, 1, 3600):
        configured.control("POST", "clock", {"advance": seconds})
        seen.append(len(_delivered(configured, receiver)))
    assert seen == [1, 0, 1, 1, 1, 0, 1, 0]
    (row,) = configured.control("GET", "webhooks")["deliveries"]
    assert (row["state"], row["attempts"]) == ("given up", [500] * 5)


def test_an_attempt_that_is_taken_ends_the_schedule(
    configured: Service, receiver: tuple[Receiver, SimulatorServer]
) -> None:
    receiver[0].status = 503
    _send(configured)
    first = _delivered(configured, receiver)
    receiver[0].status = 204
    configured.control("POST", "clock", {"advance": 10})
    second = _delivered(configured, receiver)
    assert first[0]["id"] != second[0]["id"]
    (row,) = configured.control("GET", "webhooks")["deliveries"]
    assert (row["state"], row["attempts"]) == ("delivered", [503, 204])


def test_a_receiver_that_is_not_there_counts_as_refused(service: Service) -> None:
    service.control("POST", "webhooks", {"url": "http://127.0.0.1:9/hooks", "key": KEY})
    _send(service)
    assert deliver(service.simulator, lambda url, headers, body: None) == 1
    assert service.control("GET", "webhooks")["deliveries"][0]["attempts"] == [None]


def test_procurement_has_no_events(configured: Service, receiver: tuple[Receiver, SimulatorServer]) -> None:
    order = configured.order()
    configured.edit("purchase-orders", order, status="Sent")
    configured.control("POST", "receive", {"tenant": 1001, "id": order})
    assert _delivered(configured, receiver) == []


def test_the_key_is_never_shown(configured: Service) -> None:
    shown = configured.control("GET", "webhooks")
    assert shown["settings"]["key"] == "set"
    assert "canary" not in json.dumps(shown) + repr(configured.simulator.webhooks.settings)


@needs_documents
@pytest.mark.parametrize("kind", JOB_TYPES)
def test_an_event_is_as_documented(configured: Service, receiver: tuple[Receiver, SimulatorServer], kind: str) -> None:
    _send(configured, type=kind)
    (event,) = _delivered(configured, receiver)
    name = "".join(word.title() for word in kind.removeprefix("tn.jpm.").split("-"))
    document = _nullable(_document("jpm"))
    schema = {"$ref": f"#/components/schemas/CloudEvent_Of_Jpm.V2.Webhook.{name}WebhookEvent", **document}
    validator = OAS30Validator(schema)
    assert [error.message for error in validator.iter_errors(event)] == []
