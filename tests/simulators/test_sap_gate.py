"""Who may call the SAP simulator, and how it refuses."""

from __future__ import annotations

from base64 import b64encode

import pytest

from simulators.sap.app import DEFAULT_ACCOUNT, SapSimulator
from simulators.sap.settings import Settings
from simulators.wire import Request
from tests.simulators.sap_service import CENTER_V4, COMPANY, ORDER_V2, ORDER_V4, SapService, basic

USER, PASSWORD = DEFAULT_ACCOUNT
TOKEN = "/sap/bc/sec/oauth2/token"
FORM = b"grant_type=client_credentials"


def bearer(service: SapService, **headers: str) -> str:
    answer = service.simulator.handle(Request.of("POST", TOKEN, {"authorization": basic(USER, PASSWORD)}, FORM))
    return f"Bearer {answer.json()['access_token']}"


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic ***", basic(USER, "canary-wrong"), basic("NOBODY", PASSWORD), basic("NOBODY", ""), "Bearer x"],
)
def test_wrong_credentials_are_answered_with_a_page(sap_service: SapService, authorization: str) -> None:
    answer = sap_service.send("GET", f"{COMPANY}/A_CompanyCode", authorization=authorization)
    assert answer.status == 401
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert answer.header("www-authenticate").startswith("Basic realm=")


def test_a_token_is_given_for_client_credentials_and_opens_the_services(sap_service: SapService) -> None:
    answer = sap_service.simulator.handle(Request.of("POST", TOKEN, {"authorization": basic(USER, PASSWORD)}, FORM))
    assert (answer.status, answer.json()["token_type"], answer.json()["expires_in"]) == (200, "Bearer", 43_200)
    token = f"Bearer {answer.json()['access_token']}"
    assert len(sap_service.rows(f"{COMPANY}/A_CompanyCode", authorization=token)) == 3


def test_a_token_ends_when_it_said_it_would(sap_service: SapService) -> None:
    sap_service.control("settings", {"token_seconds": 60})
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    token = bearer(sap_service)
    sap_service.control("clock", {"advance": 59})
    assert sap_service.send("GET", f"{COMPANY}/A_CompanyCode", authorization=token).status == 200
    sap_service.control("clock", {"advance": 1})
    assert sap_service.send("GET", f"{COMPANY}/A_CompanyCode", authorization=token).status == 401


def test_revoked_tokens_are_refused(sap_service: SapService) -> None:
    token = bearer(sap_service)
    sap_service.control("faults", [{"kind": "revoke_token", "times": 1}])
    assert sap_service.send("GET", f"{COMPANY}/A_CompanyCode", authorization=token).status == 401


@pytest.mark.parametrize(
    ("authorization", "body", "status", "error"),
    [
        (basic(USER, "canary-wrong"), FORM, 401, "invalid_client"),
        ("", FORM, 401, "invalid_client"),
        (basic(USER, PASSWORD), b"grant_type=password", 400, "unsupported_grant_type"),
        ("", FORM + f"&client_id={USER}&client_secret=canary-wrong".encode(), 401, "invalid_client"),
    ],
)
def test_the_token_endpoint_refuses(
    sap_service: SapService, authorization: str, body: bytes, status: int, error: str
) -> None:
    headers = {"authorization": authorization} if authorization else {}
    answer = sap_service.simulator.handle(Request.of("POST", TOKEN, headers, body))
    assert (answer.status, answer.json()) == (status, {"error": error})


def test_a_method_can_be_switched_off(sap_service: SapService) -> None:
    sap_service.control("settings", {"auth_methods": ["oauth"]})
    assert sap_service.send("GET", f"{COMPANY}/A_CompanyCode").status == 401


def test_umlauts_and_colons_in_passwords_work() -> None:
    simulator = SapSimulator({"Bär": "canary:ü:€"})
    value = b64encode("Bär:canary:ü:€".encode()).decode()
    request = Request.of("GET", f"{COMPANY}/$metadata", {"authorization": f"Basic {value}"})
    assert simulator.handle(request).status == 200


def test_a_write_without_a_token_is_refused_with_the_header(sap_service: SapService) -> None:
    v2 = sap_service.send("POST", f"{ORDER_V2}/A_PurchaseOrder", {})
    assert (v2.status, v2.header("x-csrf-token"), v2.body) == (403, "Required", b"CSRF token validation failed")
    v4 = sap_service.send("POST", f"{ORDER_V4}/PurchaseOrder", {})
    assert (v4.status, v4.header("x-csrf-token")) == (403, "Required")
    assert v4.json()["error"]["@SAP__common.ExceptionCategory"] == "CSRF_Token_Missing"


def test_a_token_without_all_of_its_cookies_is_refused(sap_service: SapService) -> None:
    headers = sap_service.csrf(ORDER_V2)
    first, second = headers["cookie"].split("; ")
    for cookie in ("", first, second):
        answer = sap_service.send("POST", f"{ORDER_V2}/A_PurchaseOrder", {}, **{**headers, "cookie": cookie})
        assert (answer.status, answer.header("x-csrf-token")) == (403, "Required")
    assert sap_service.send("POST", f"{ORDER_V2}/A_PurchaseOrder", {}, **headers).status != 403


def test_a_token_holds_for_one_service_root_and_one_user(sap_service: SapService) -> None:
    headers = sap_service.csrf(ORDER_V2)
    assert sap_service.send("POST", f"{ORDER_V4}/PurchaseOrder", {}, **headers).header("x-csrf-token") == "Required"
    sap_service.simulator.security.accounts["OTHER"] = "canary-other"
    sap_service.authorization = basic("OTHER", "canary-other")
    assert sap_service.send("POST", f"{ORDER_V2}/A_PurchaseOrder", {}, **headers).header("x-csrf-token") == "Required"


def test_a_csrf_token_expires(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    headers = sap_service.csrf(ORDER_V2)
    sap_service.control("clock", {"advance": 1_800})
    assert sap_service.send("POST", f"{ORDER_V2}/A_PurchaseOrder", {}, **headers).header("x-csrf-token") == "Required"


def test_reads_set_no_cookies(sap_service: SapService) -> None:
    answer = sap_service.send("GET", f"{ORDER_V2}/A_PurchaseOrder?$top=1")
    assert (answer.header("set-cookie"), answer.header("x-csrf-token")) == ("", "")


def test_a_missing_arrangement_closes_one_service_only(sap_service: SapService) -> None:
    sap_service.control("arrangements", {"API_PURCHASEORDER_2": "html"})
    page = sap_service.send("GET", f"{ORDER_V4}/PurchaseOrder")
    assert (page.status, page.header("content-type")) == (403, "text/html; charset=utf-8")
    assert page.header("x-csrf-token") == ""
    assert sap_service.send("GET", f"{ORDER_V2}/A_PurchaseOrder?$top=1").status == 200
    sap_service.control("arrangements", {"API_PURCHASEORDER_2": "offered"})
    assert sap_service.send("GET", f"{ORDER_V4}/PurchaseOrder?$top=1").status == 200


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [("json", 403, "/IWFND/CM_CONSUMER/101"), ("unregistered", 403, "/IWFND/MED/170")],
)
def test_a_missing_arrangement_may_name_its_reason(sap_service: SapService, state: str, status: int, code: str) -> None:
    sap_service.control("arrangements", {"API_COST_CENTER": state})
    answer = sap_service.send("GET", f"{CENTER_V4}/A_CostCenter_2")
    assert (answer.status, answer.json()["error"]["code"]) == (status, code)


def test_another_version_of_a_service_is_not_registered(sap_service: SapService) -> None:
    answer = sap_service.send("GET", f"{ORDER_V2};v=0002/A_PurchaseOrder")
    assert (answer.status, answer.json()["error"]["code"]) == (403, "/IWFND/MED/170")


def test_a_service_that_was_never_heard_of_is_a_page(sap_service: SapService) -> None:
    answer = sap_service.send("GET", "/sap/opu/odata/sap/API_JOURNALENTRY_SRV/A_Journal")
    assert (answer.status, answer.header("content-type")) == (403, "text/html; charset=utf-8")


def test_redirects_lead_to_the_identity_provider(sap_service: SapService) -> None:
    sap_service.control("settings", {"redirect": True})
    answer = sap_service.send("GET", f"{COMPANY}/A_CompanyCode")
    assert answer.status == 302
    assert answer.header("location").startswith("https://idp.example.com/")


def test_the_date_header_is_the_simulators_present(sap_service: SapService) -> None:
    sap_service.control("clock", {"now": "2026-03-02T12:00:00Z", "frozen": True})
    assert sap_service.send("GET", f"{COMPANY}/A_CompanyCode").header("date") == "Mon, 02 Mar 2026 12:00:00 GMT"


def test_the_log_shows_requests_and_no_secrets(sap_service: SapService) -> None:
    sap_service.get(f"{COMPANY}/A_CompanyCode?sap-client=100&colour=red")
    log = sap_service.control("log", method="GET")
    line = log["requests"][-1]
    assert (line["account"], line["route"], line["status"]) == (USER, "API_COMPANYCODE_SRV/A_CompanyCode", 200)
    assert line["ignored"] == ["colour"]
    assert PASSWORD not in str(log)
    assert sap_service.authorization not in str(log)


@pytest.mark.parametrize(
    "values",
    [
        {"colour": 1},
        {"redirect": "yes"},
        {"release": "1709"},
        {"auth_methods": ["x509"]},
        {"arrangements": {"X": "html"}},
    ],
)
def test_wrong_switches_change_nothing(sap_service: SapService, values: dict[str, object]) -> None:
    assert sap_service.send("POST", "/_control/settings", {**values, "token_seconds": 1}).status == 400
    assert sap_service.simulator.options == Settings()
