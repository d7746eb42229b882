"""The OpenAPI document."""

from __future__ import annotations

import json

from drf_spectacular.drainage import GENERATOR_STATS
from openapi_spec_validator import OpenAPIV31SpecValidator

from integrations.api.kernel import openapi
from integrations.api.kernel.problems import PROBLEMS
from tests.api.caller import Caller
from tests.api.routes import operations


def document():
    return json.loads(Caller().get("openapi.json").content)


def test_the_document_is_valid_openapi_3_1(acme):
    found = document()
    assert found["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(found).iter_errors()] == []


def test_making_it_gives_no_warning_and_so_no_name_means_two_things(acme, capsys):
    GENERATOR_STATS.reset()
    openapi.document.__wrapped__("connector.urls_customer")
    assert capsys.readouterr().err == ""
    assert not GENERATOR_STATS


def test_it_is_open_to_anybody_at_a_known_host_and_to_nobody_elsewhere(acme):
    assert Caller().get("openapi.json").status_code == 200
    answer = Caller(host="nobody.localhost").get("openapi.json")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:ml-connector:problem:not-found")


def test_every_method_of_every_route_is_described_under_a_name_of_its_own(acme):
    paths = document()["paths"]
    described = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert described == {(each.method, f"/api/v1/{each.template}") for each in operations()}
    names = [operation["operationId"] for item in paths.values() for operation in item.values()]
    assert len(names) == len(set(names))


def test_every_call_has_an_example_of_what_is_sent_and_of_what_comes_back(acme):
    bare = []
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            sent = operation.get("requestBody", {}).get("content", {})
            back = [
                answer["content"]["application/json"]
                for status, answer in operation["responses"].items()
                if status < "300" and "application/json" in answer.get("content", {})
            ]
            bare += [f"{method} {path}" for content in [*sent.values(), *back] if not content.get("examples")]
    assert bare == []


def test_every_problem_type_is_documented():
    from devservices.state import CHECKOUT

    text = (CHECKOUT / "docs" / "api.md").read_text()
    assert [name for name in PROBLEMS if f"`{name}`" not in text] == []
