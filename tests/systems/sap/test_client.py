"""Signing in, missing arrangements and broken answers, over real HTTP."""

from __future__ import annotations

import re

import pytest

from integrations.errors import (
    BadCredentials,
    Misconfigured,
    NotAuthorised,
    Throttled,
    TokenRefused,
    Transient,
)
from integrations.http import HttpRequest
from integrations.systems.sap.objects import PURCHASE_ORDERS, SUPPLIERS
from integrations.systems.sap.services import BUSINESS_PARTNER, PURCHASE_ORDER
from tests.systems.sap.conftest import read

OAUTH = {"auth_method": "oauth"}
PARTNERS = BUSINESS_PARTNER.offers[0].root


def paths(sap, pattern: str) -> list[str]:
    return [line["path"] for line in sap.seen() if re.search(pattern, line["path"])]


# Basic


def test_a_wrong_password_is_bad_credentials_and_is_not_tried_on_and_on(sap):
    with pytest.raises(BadCredentials) as caught:
        read(SUPPLIERS, sap.client(password="canary-wrong"))
    assert len(sap.seen()) <= 2
    assert caught.value.exchange is not None
    assert "canary" not in repr(caught.value.exchange) + str(caught.value)


def test_a_401_of_one_service_is_no_bad_password_while_another_works(sap):
    sap.control("settings", {"arrangements": {"API_PURCHASEORDER_2": "unauthorised"}})
    sap.control("settings", {"arrangements": {"API_PURCHASEORDER_PROCESS_SRV": "unauthorised"}})
    with pytest.raises(NotAuthorised, match="SAP_COM_0053"):
        read(PURCHASE_ORDERS, sap.client())


def test_an_unknown_v4_service_that_answers_401_still_leaves_v2(sap):
    sap.control("settings", {"arrangements": {"API_PURCHASEORDER_2": "unauthorised"}})
    client = sap.client()
    assert len(read(PURCHASE_ORDERS, client)[0]) == 60
    assert client.offer(PURCHASE_ORDER).version == "v2"


def test_a_redirect_to_the_identity_provider_is_a_sign_in_problem(sap):
    sap.control("settings", {"redirect": True})
    with pytest.raises(BadCredentials):
        read(SUPPLIERS, sap.client())


def test_a_page_instead_of_data_is_a_sign_in_problem(sap):
    client = sap.client()
    client.offer(BUSINESS_PARTNER)
    sap.fault(kind="html", status=200, times=2)
    with pytest.raises(BadCredentials):
        read(SUPPLIERS, client)


def test_a_single_page_of_a_gateway_is_read_over(sap):
    client = sap.client()
    client.offer(BUSINESS_PARTNER)
    sap.fault(kind="html", status=200, times=1)
    assert read(SUPPLIERS, client)[0]


# OAuth


def test_one_token_serves_many_calls_and_is_asked_for_by_basic(sap):
    changes, _ = read(PURCHASE_ORDERS, sap.client(**OAUTH, page_size_orders=7))
    assert len(changes) == 60
    assert sap.tokens.fetched == 1
    assert len(paths(sap, "oauth2/token")) == 1


def test_a_token_is_renewed_ahead_of_its_end(sap):
    sap.control("settings", {"token_seconds": 1000})
    client = sap.client(**OAUTH)
    client._clock = sap.simulator.clock.now
    client.prepare()
    token = sap.tokens.cached
    assert token is not None
    assert (token.expires_at - token.renew_at).total_seconds() == 100


@pytest.mark.parametrize(("life", "ahead"), [(43200, 4320), (600, 60), (100, 50)])
def test_a_token_is_renewed_a_tenth_of_its_life_ahead_at_least_a_minute(sap, life, ahead):
    sap.control("settings", {"token_seconds": life})
    sap.client(**OAUTH).prepare()
    token = sap.tokens.cached
    assert token is not None
    assert (token.expires_at - token.renew_at).total_seconds() == ahead


def test_a_token_that_is_revoked_amid_paging_is_renewed_once(sap):
    client = sap.client(**OAUTH, page_size_orders=7)
    seen = []
    for number, page in enumerate(PURCHASE_ORDERS.pages(client, {}, overlap=300)):
        seen += [change.key for change in page.changes]
        if number == 2:
            sap.simulator.revoke_tokens()
    assert len(seen) == len(set(seen)) == 60
    assert sap.tokens.fetched == 2


def test_a_token_that_is_refused_again_is_bad_credentials(sap):
    client = sap.client(**OAUTH)
    client.prepare()
    sap.fault(kind="status", status=401, path="/opu/")
    with pytest.raises(BadCredentials):
        read(SUPPLIERS, client)
    assert sap.tokens.fetched == 3  # the second renewal, since the first may find one that others fetched


def test_a_wrong_client_secret_is_bad_credentials(sap):
    with pytest.raises(BadCredentials, match="client id and secret"):
        sap.client(**OAUTH, password="canary-wrong").prepare()


def test_a_token_url_that_gives_no_token_is_a_setting_to_correct(sap):
    with pytest.raises(Misconfigured) as caught:
        sap.client(**OAUTH, token_url=f"{sap.url}/nothing/here?x=1").prepare()
    assert caught.value.code == "token-url"


def test_a_token_endpoint_in_trouble_is_tried_later(sap):
    sap.fault(kind="status", status=503, path="oauth2/token")
    with pytest.raises(Transient):
        sap.client(**OAUTH).prepare()


def test_once_without_a_prepared_token_sends_nothing(sap):
    with pytest.raises(TokenRefused):
        sap.client(**OAUTH).once(HttpRequest(method="GET", url=f"{PARTNERS}/A_BusinessPartner"))
    assert sap.seen() == []


def test_no_token_stays_in_an_exchange(sap):
    client = sap.client(**OAUTH)
    answer = client.call(HttpRequest(method="GET", url=f"{PARTNERS}/A_BusinessPartner", params=(("$top", "1"),)))
    token = sap.tokens.cached
    assert token is not None
    assert token.value not in repr(answer.exchange) + repr(answer) + repr(client)


# What every request carries


def test_the_client_number_rides_on_every_call(sap):
    read(SUPPLIERS, sap.client(sap_client_number="100"))
    assert all(["sap-client", "100"] in [list(pair) for pair in line["query"]] for line in sap.seen())


def test_every_exchange_is_within_the_budget(sap):
    read(PURCHASE_ORDERS, sap.client(**OAUTH, page_size_orders=7))
    assert sap.budget.calls == len(sap.seen())


def test_a_throttled_call_holds_the_whole_connection_back(sap):
    client = sap.client()
    client.offer(BUSINESS_PARTNER)
    sap.fault(kind="throttle", shape="retry-after", seconds=17)
    with pytest.raises(Throttled) as caught:
        read(SUPPLIERS, client)
    assert caught.value.retry_after == 17
    assert sap.budget.blocks == [17]


# Services


def test_v4_orders_are_preferred_and_v2_is_the_fallback(sap):
    assert sap.client().offer(PURCHASE_ORDER).version == "v4"
    sap.control("settings", {"arrangements": {"API_PURCHASEORDER_2": "unknown"}})
    assert sap.client().offer(PURCHASE_ORDER).version == "v2"


def test_what_was_learned_is_not_asked_for_again(sap):
    first = sap.client()
    first.offer(PURCHASE_ORDER)
    second = sap.client()
    second.capabilities.update(first.capabilities)
    sap.forget()
    second.offer(PURCHASE_ORDER)
    assert sap.seen() == []


def test_a_version_that_closed_is_forgotten_so_that_the_next_round_finds_the_other(sap):
    client = sap.client()
    _, cursor = read(PURCHASE_ORDERS, client)
    sap.control("settings", {"arrangements": {"API_PURCHASEORDER_2": "html"}})
    with pytest.raises(NotAuthorised):
        read(PURCHASE_ORDERS, client, cursor)
    assert read(PURCHASE_ORDERS, client, cursor)[1]["full"] is None
    assert client.offer(PURCHASE_ORDER).version == "v2"


@pytest.mark.parametrize("state", ["html", "json", "unregistered", "unknown"])
def test_a_missing_arrangement_closes_that_service_only_and_is_named(sap, state):
    for name in ("API_PURCHASEORDER_2", "API_PURCHASEORDER_PROCESS_SRV"):
        sap.control("settings", {"arrangements": {name: state}})
    client = sap.client()
    with pytest.raises(NotAuthorised, match=r"SAP_COM_0053 \(Purchase Order Integration\)"):
        read(PURCHASE_ORDERS, client)
    assert len(read(SUPPLIERS, client)[0]) > 0


def test_an_older_release_is_read_without_the_fields_it_lacks(sap):
    sap.control("settings", {"release": "2021"})
    client = sap.client()
    assert len(read(SUPPLIERS, client)[0]) > 0
    assert len(read(PURCHASE_ORDERS, client)[0]) == 60
