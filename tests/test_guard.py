"""The outgoing guard: what an installation refuses to connect to, whatever a customer enters."""

from __future__ import annotations

import pytest

from integrations.errors import Misconfigured, Transient
from integrations.guard import OutgoingPolicy, check_url, is_allowed, resolve

PUBLIC = OutgoingPolicy()
LOOPBACK = OutgoingPolicy.of("127.0.0.0/8, ::1", plain_http=True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "255.255.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "not an address",
    ],
)
def test_an_internal_address_is_refused(address):
    assert not is_allowed(address, PUBLIC)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_a_public_address_is_allowed(address):
    assert is_allowed(address, PUBLIC)


def test_an_allowed_network_opens_exactly_itself():
    policy = OutgoingPolicy.of("10.20.0.0/16")
    assert is_allowed("10.20.3.4", policy)
    assert is_allowed("::ffff:10.20.3.4", policy)
    assert not is_allowed("10.21.3.4", policy)


def test_the_metadata_service_is_refused_even_inside_an_allowed_network():
    assert not is_allowed("169.254.169.254", OutgoingPolicy.of("0.0.0.0/0"))


def test_a_network_that_cannot_be_read_is_a_value_error():
    with pytest.raises(ValueError, match="not a network"):
        OutgoingPolicy.of("not a network")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://my300001-api.s4hana.cloud.sap", "outgoing-plain-http"),
        ("https://user:canary-pass@my300001-api.s4hana.cloud.sap", "outgoing-url"),
        ("ftp://my300001-api.s4hana.cloud.sap", "outgoing-url"),
        ("my300001-api.s4hana.cloud.sap", "outgoing-url"),
        ("https://", "outgoing-url"),
        ("https://host:99999", "outgoing-url"),
        ("https://my300001 .example.com", "outgoing-url"),
        ("https://[half", "outgoing-url"),
        ("", "outgoing-url"),
    ],
)
def test_an_address_in_the_wrong_form_is_refused_without_asking_the_network(url, code):
    with pytest.raises(Misconfigured) as caught:
        check_url(url, PUBLIC)
    assert caught.value.code == code
    assert "canary" not in str(caught.value)


def test_a_port_outside_of_the_allowed_ones_is_refused():
    with pytest.raises(Misconfigured) as caught:
        check_url("https://sap.example.com:22", OutgoingPolicy.of(ports=[443, 44300]))
    assert caught.value.code == "outgoing-port"


def test_the_origin_of_an_address_is_lower_case_with_its_default_port():
    assert check_url("https://SAP.Example.com./sap", PUBLIC) == ("https", "sap.example.com", 443)


def test_one_internal_address_among_public_ones_refuses_the_host():
    with pytest.raises(Misconfigured) as caught:
        resolve("https://sap.example.com", PUBLIC, lookup=lambda _host, _port: ["93.184.215.14", "10.0.0.1"])
    assert caught.value.code == "outgoing-internal"


def test_a_host_resolves_to_the_addresses_that_were_checked():
    target = resolve("https://sap.example.com:44300/sap", PUBLIC, lookup=lambda _host, _port: ["93.184.215.14"])
    assert (target.host, target.port, target.addresses) == ("sap.example.com", 44300, ("93.184.215.14",))


def test_a_name_that_does_not_resolve_may_resolve_later():
    def fail(_host: str, _port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(Transient) as caught:
        resolve("https://sap.example.com", PUBLIC, lookup=fail)
    assert caught.value.code == "name-resolution"


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "localhost", "[::1]", "[::ffff:127.0.0.1]"])
def test_other_spellings_of_loopback_are_refused(host):
    with pytest.raises((Misconfigured, Transient)):
        resolve(f"https://{host}/", PUBLIC)


def test_loopback_is_reachable_where_an_installation_allows_it():
    assert resolve("http://127.0.0.1:8080", LOOPBACK).addresses == ("127.0.0.1",)
