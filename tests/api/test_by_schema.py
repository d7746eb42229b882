"""The whole API, called with what its document allows and forbids: no mistake of ours, no answer that breaks it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

from connector.wsgi import application
from tests.api.books import fill
from tests.api.caller import make_key

pytestmark = pytest.mark.slow

EXAMPLES, FEW = 25, 5
HOST = "acme.localhost"
CHECKS = (
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
)
REFUSES_WHAT_IS_WRONG = (*CHECKS, openapi_checks.negative_data_rejection)
PATIENT = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def document(own_database, acme) -> Any:
    fill(acme)
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=application, headers={"Host": HOST})


def call_everything(document: Any, mode: GenerationMode, authorization: str, checks: Any, times: int = EXAMPLES) -> int:
    """Calls each operation many times; returns how many there are."""
    operations = [found.ok() for found in document.get_all_operations()]
    for operation in operations:

        @settings(PATIENT, max_examples=times)
        @given(case=operation.as_strategy(generation_mode=mode), data=strategies.data())
        def call(case: Case, data: Any) -> None:
            known = (
                {"flow": "vendors"}
                if "flow" in (case.path_parameters or {}) and data.draw(strategies.booleans())
                else {}
            )
            case.path_parameters = {**(case.path_parameters or {}), **known}
            answer = case.call(headers={"Authorization": authorization, "Host": HOST})
            case.validate_response(answer, checks=list(checks))

        call()
    return len(operations)


def test_what_the_document_allows_is_answered_as_it_says(document, acme):
    authorization = f"Bearer {make_key(acme)[1]}"
    assert call_everything(document, GenerationMode.POSITIVE, authorization, CHECKS) > 20


def test_what_the_document_forbids_is_refused_as_it_says(document, acme):
    authorization = f"Bearer {make_key(acme)[1]}"
    assert call_everything(document, GenerationMode.NEGATIVE, authorization, REFUSES_WHAT_IS_WRONG) > 20


@pytest.mark.parametrize("authorization", ["", "Bearer mlc_00000000_canary", "Basic Y2FuYXJ5"])
def test_strangers_are_refused_as_the_document_says(document, authorization):
    assert call_everything(document, GenerationMode.POSITIVE, authorization, CHECKS, FEW) > 20
