"""SAP's answers become what happens next, in SAP's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from integrations.errors import (
    BadCredentials,
    IntegrationError,
    Misconfigured,
    NotAuthorised,
    Rejected,
    Throttled,
    TokenRefused,
    Transient,
    Unknown,
)
from integrations.http import Answer, Exchange
from integrations.systems.sap import answers
from integrations.systems.sap.services import PURCHASE_ORDER

EXCHANGE = Exchange("GET", "https://sap/x", {}, "", 200, {}, "", datetime(2026, 1, 31, tzinfo=UTC), 1)
V2_ERROR = {
    "error": {
        "code": "APPL_MM_PUR_PO/064",
        "message": {"lang": "en", "value": "Order type ZZ is not allowed"},
        "innererror": {
            "transactionid": "D25C6A8CF4D30020E0067DD0610AFCCA",
            "errordetails": [
                {"code": "APPL_MM_PUR_PO/064", "message": "Order type ZZ is not allowed", "severity": "error"},
                {"code": "APPL_MM_PUR_PO/088", "message": "Document currency is not determined.", "severity": "error"},
                {"code": "ME/040", "message": "Material group was taken over", "severity": "warning"},
                {"code": "/IWBEP/CX_MGW_BUSI_EXCEPTION", "message": "An exception was raised", "severity": "error"},
            ],
        },
    }
}
V4_ERROR = {
    "error": {
        "code": "APPL_MM_PUR_PO/065",
        "message": "Item category D is not allowed",
        "details": [
            {"code": "APPL_MM_PUR_PO/066", "message": "Unit is missing", "@SAP__common.numericSeverity": 4},
            {"code": "ME/040", "message": "Only a hint", "@SAP__common.numericSeverity": 2},
        ],
        "@SAP__common.ExceptionCategory": "Client_Error",
        "innererror": {"ErrorDetails": {"@SAP__common.TransactionId": "F14022DB810C0000E00693874FE413AB"}},
    }
}


def got(status: int, body: object = b"", *, write: bool = False, **headers: str) -> Answer:
    known = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
        known.setdefault("content-type", "application/json;charset=utf-8")
    return Answer(status, CaseInsensitiveDict(known), body, EXCHANGE, write)


def judged(answer: Answer) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        answers.check(answer, PURCHASE_ORDER)
    assert caught.value.exchange is EXCHANGE
    return caught.value


@pytest.mark.parametrize(
    ("status", "read", "written"),
    [
        (302, BadCredentials, BadCredentials),
        (401, TokenRefused, TokenRefused),
        (403, NotAuthorised, NotAuthorised),
        (400, Rejected, Rejected),
        (405, Rejected, Rejected),
        (406, Rejected, Rejected),
        (412, Transient, Transient),
        (413, Misconfigured, Misconfigured),
        (414, Misconfigured, Misconfigured),
        (415, Rejected, Rejected),
        (423, Transient, Transient),
        (428, Transient, Transient),
        (429, Throttled, Throttled),
        (500, Transient, Unknown),
        (501, Rejected, Rejected),
        (502, Transient, Unknown),
        (503, Transient, Unknown),
        (504, Transient, Unknown),
    ],
)
def test_each_status_says_what_happens_next(status, read, written):
    assert type(judged(got(status))) is read
    assert type(judged(got(status, write=True))) is written


def test_a_sign_in_page_with_status_200_is_no_answer():
    error = judged(got(200, b"<html>", content_type="text/html; charset=utf-8"))
    assert (type(error), error.code) == (BadCredentials, "bad-credentials")


def test_a_page_instead_of_the_answer_to_a_write_leaves_it_unknown():
    error = judged(got(200, b"<html>", content_type="text/html; charset=utf-8", write=True))
    assert (type(error), error.code) == (Unknown, "page")


def test_a_v2_error_is_told_in_all_its_words_but_the_generic_one():
    error = judged(got(400, V2_ERROR))
    assert error.code == "APPL_MM_PUR_PO/064"
    assert error.message == (
        "Order type ZZ is not allowed. Document currency is not determined (APPL_MM_PUR_PO/064). "
        "SAP transaction id D25C6A8CF4D30020E0067DD0610AFCCA."
    )


def test_a_v4_error_is_told_in_all_its_words():
    error = judged(got(400, V4_ERROR))
    assert error.code == "APPL_MM_PUR_PO/065"
    assert error.message == (
        "Item category D is not allowed. Unit is missing (APPL_MM_PUR_PO/065). "
        "SAP transaction id F14022DB810C0000E00693874FE413AB."
    )


def test_a_generic_code_gives_way_to_the_telling_one():
    body = {"error": {**V2_ERROR["error"], "code": "/IWBEP/CX_MGW_BUSI_EXCEPTION", "message": {"value": ""}}}
    assert judged(got(400, body)).code == "APPL_MM_PUR_PO/064"


@pytest.mark.parametrize(
    "text",
    [
        "Purchase order 4500000001 is locked by user MUELLER",
        "Document 4500000001 is currently being processed by another user",
        "User MUELLER is already processing purchase order 4500000001",
    ],
)
def test_a_record_that_somebody_works_on_is_tried_again(text):
    error = judged(got(400, {"error": {"code": "ME/006", "message": {"value": text}}}, write=True))
    assert (type(error), error.code) == (Transient, "locked")


@pytest.mark.parametrize("text", ["Supplier 17300001 is blocked by purchasing", "Account 400000 is locked for posting"])
def test_a_block_that_is_for_good_is_not_tried_again(text):
    assert type(judged(got(400, {"error": {"code": "06/024", "message": {"value": text}}}))) is Rejected


def test_a_missing_arrangement_names_service_and_scenario():
    error = judged(got(403, b"<html>Forbidden</html>", content_type="text/html"))
    assert error.message == (
        "SAP does not let us use purchase orders. The communication user needs an active communication arrangement "
        "for SAP_COM_0053 (Purchase Order Integration)."
    )


@pytest.mark.parametrize("code", ["/IWFND/MED/170", "/IWFND/CM_CONSUMER/101"])
def test_a_service_that_is_not_offered_is_not_authorised_whatever_the_status(code):
    body = {"error": {"code": code, "message": {"value": "No service found"}}}
    assert type(judged(got(404, body))) is NotAuthorised
    assert type(judged(got(400, body))) is NotAuthorised


def test_a_page_for_a_path_that_does_not_exist_is_a_missing_service():
    assert type(judged(got(404, b"<html>", content_type="text/html"))) is NotAuthorised


def test_a_record_that_does_not_exist_is_rejected_in_saps_words():
    body = {"error": {"code": "/IWBEP/CM_MGW_RT/020", "message": {"value": "Resource not found"}}}
    assert judged(got(404, body)).code == "/IWBEP/CM_MGW_RT/020"


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"error": "text"}', b'{"error": {"message": 5}}', b"\xff"])
def test_a_body_that_says_nothing_still_says_the_status(body):
    error = judged(got(400, body, content_type="application/json"))
    assert type(error) is Rejected
    assert error.message


def wait(answer: Answer) -> float | None:
    error = judged(answer)
    assert isinstance(error, Throttled)
    return error.retry_after


def test_the_wait_of_a_throttled_call_is_told_in_seconds_or_as_a_date():
    assert wait(got(429, retry_after="17")) == 17
    dated = got(429, date="Sat, 31 Jan 2026 08:15:00 GMT", retry_after="Sat, 31 Jan 2026 08:16:30 GMT")
    assert wait(dated) == 90
    assert wait(got(429)) is None
    assert wait(got(429, retry_after="soon")) is None


def test_only_a_refused_csrf_token_asks_for_a_new_one():
    assert answers.wants_csrf(got(403, x_csrf_token="Required"))
    assert answers.wants_csrf(got(403, {"error": {"@SAP__common.ExceptionCategory": "CSRF_Token_Missing"}}))
    assert not answers.wants_csrf(got(403))
    assert not answers.wants_csrf(got(400, x_csrf_token="Required"))
