"""The word of a proxy counts only from a proxy of ours."""

from __future__ import annotations

import pytest
from django.test import Client

from tenants import throttle

HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    settings.BEHIND_PROXY = True
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "fd00::/8"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.SECURE_SSL_REDIRECT = True


def asked(address: str, **headers: str) -> tuple[int, str]:
    answer = Client(SERVER_NAME="localhost", REMOTE_ADDR=address).get("/sign-in/", headers={**HTTPS, **headers})
    return answer.status_code, answer.headers.get("Location", "")


@pytest.mark.parametrize("address", ["10.0.0.1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_trusted_proxy_says_that_a_request_was_encrypted(db, address):
    assert asked(address) == (200, "")


@pytest.mark.parametrize("address", ["203.0.113.5", "11.0.0.1", "2001:db8::1", "::ffff:11.0.0.1", "nonsense"])
def test_a_stranger_who_says_so_is_sent_to_https(db, address):
    assert asked(address) == (301, "https://localhost/sign-in/")


def test_nobodys_word_counts_where_no_proxy_is_in_front(db, settings):
    settings.BEHIND_PROXY = False
    assert asked("10.0.0.1") == (301, "https://localhost/sign-in/")


def test_a_host_that_only_a_header_names_is_ignored(acme):
    assert asked("10.0.0.1", **{"X-Forwarded-Host": "acme.localhost"}) == (200, "")


def test_a_stranger_cannot_choose_the_address_that_failed_sign_ins_are_counted_for(rf):
    request = rf.get("/", headers={"X-Forwarded-For": "198.51.100.1"}, REMOTE_ADDR="203.0.113.5")
    assert throttle.address_of(request) == "203.0.113.5"


def test_a_proxy_of_ours_tells_who_called_and_what_it_was_told_before_is_ignored(rf):
    request = rf.get("/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.5"}, REMOTE_ADDR="10.0.0.1")
    assert throttle.address_of(request) == "203.0.113.5"
