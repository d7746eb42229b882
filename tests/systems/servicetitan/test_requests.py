"""Requests that wait are read, decided ones are read back, and the orders that came of them are found."""

from __future__ import annotations

from typing import Any

from integrations.flow import Write
from integrations.systems.servicetitan import resources
from integrations.systems.servicetitan.objects import PURCHASE_ORDER_REQUESTS, READ_PURCHASE_ORDER_REQUESTS
from integrations.systems.servicetitan.reference import lookup
from integrations.systems.servicetitan.requests import NOT_LISTED
from simulators.servicetitan import controls
from tests.systems.servicetitan.conftest import Service


def raised(service: Service, order: Any, **values: Any) -> str:
    body = order("ABCDEF234567")
    line = {"skuId": int(body["items"][0]["skuId"]), "quantity": 2, "cost": "3.5"}
    given = {"vendorId": int(body["vendorId"]), "typeId": int(body["typeId"]), "items": [line], **values}
    return str(controls.add(service.tenant, {"kind": "purchase-order-requests", "values": given})["id"])


def test_only_requests_that_wait_are_changes(service: Service, order):
    client = service.client()
    waiting, approved, rejected = (raised(service, order) for _ in range(3))
    PURCHASE_ORDER_REQUESTS.send(client, Write("approve", approved, {}, {}))
    PURCHASE_ORDER_REQUESTS.send(client, Write("reject", rejected, {"rejectionReason": "Other"}, {}))
    pages = READ_PURCHASE_ORDER_REQUESTS.pages(client, {}, overlap=0)
    assert [change.key for page in pages for change in page.changes] == [waiting]


def test_a_request_that_is_not_listed_is_read_back_as_such(service: Service, order):
    client, key = service.client(), raised(service, order)
    del service.tenant["purchase-order-requests"].rows[int(key)]
    assert PURCHASE_ORDER_REQUESTS.fetch(client, [key]) == {key: {"id": int(key), "requestStatus": NOT_LISTED}}
    assert lookup(client, "purchase-order-request", [key])[key]["requestStatus"] == NOT_LISTED


def test_the_orders_and_requests_since_a_moment_are_those_of_the_job_or_of_none(service: Service, order):
    client = service.client()
    job = next(iter(service.tenant["jobs"].rows))
    plain, of_job = raised(service, order), raised(service, order, jobId=job)
    for key in (plain, of_job):
        PURCHASE_ORDER_REQUESTS.send(client, Write("approve", key, {}, {}))
    moment = PURCHASE_ORDER_REQUESTS.fetch(client, [plain])[plain]["createdOn"]
    found = lookup(client, "purchases-since", [moment, f"{moment} {job}", "2100-01-01T00:00:00Z"])
    assert [[row["jobId"] for row in found[key]["orders"]] for key in found] == [[None], [job], []]
    assert [[str(row["id"]) for row in found[key]["requests"]] for key in found] == [[plain], [of_job], []]
    assert found[moment]["at"].startswith("20")


def test_a_job_is_found_by_its_id(service: Service):
    client = service.client()
    (job, record), *_ = service.tenant["jobs"].rows.items()
    assert lookup(client, "job-by-id", [str(job)])[str(job)]["jobNumber"] == record.data["jobNumber"]
    assert resources.JOBS.scope == "tn.jpm.jobs"
