"""One exchange: what happened is clear, nothing secret stays, nothing is unbounded."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from integrations.connection import writes_may_begin
from integrations.errors import IntegrationError, Misconfigured, Transient, Unknown
from integrations.guard import OutgoingPolicy
from integrations.http import Answer, HttpRequest, HttpSession, Timeouts, dump_json
from integrations.redaction import Redactor
from tests.raw_server import RESET, STALL, RawServer, answer, serving

POLICY = OutgoingPolicy.of("127.0.0.0/8", plain_http=True)
PATIENT, QUICK = Timeouts(connect=10, read=10), Timeouts(connect=10, read=0.3)
"""For answers that come, however busy the machine is; for those that do not."""
READ = HttpRequest(method="GET", url="/x")
WRITE = HttpRequest(method="POST", url="/x", json={"a": 1}, write=True)
OK = answer("200 OK", b"{}")


def session(server: RawServer, **settings) -> HttpSession:
    return HttpSession(**{"base_url": server.url, "policy": POLICY, "timeouts": PATIENT, **settings})


def failure(server: RawServer, request: HttpRequest, **settings) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        session(server, **settings).send(request)
    return caught.value


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (RESET, "connection-lost"),
        (b"", "connection-lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "connection-lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", "connection-lost"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}", "connection-lost"),
        (STALL, "read-timeout"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{" + STALL, "read-timeout"),
    ],
)
def test_an_answer_that_does_not_arrive_whole_is_unknown_for_a_write_and_transient_for_a_read(script, code):
    patience = {"timeouts": QUICK if code == "read-timeout" else PATIENT}
    with serving([script], [script]) as server:
        lost_write, lost_read = failure(server, WRITE, **patience), failure(server, READ, **patience)
    assert (type(lost_write), lost_write.code) == (Unknown, code)
    assert (type(lost_read), lost_read.code) == (Transient, code)
    assert lost_write.exchange is not None
    assert lost_write.exchange.status is None
    assert lost_write.exchange.request_body == '{"a":1}'
    assert len(server.requests) == 2


def test_a_write_that_never_left_is_transient():
    with serving() as server:
        closed = server.url
    with pytest.raises(Transient) as caught:
        HttpSession(base_url=closed, policy=POLICY, timeouts=PATIENT).send(WRITE)
    assert caught.value.code == "unreachable"


def test_a_write_whose_sender_lost_the_right_to_send_meanwhile_does_not_leave():
    token = writes_may_begin.set(lambda: False)
    try:
        with serving() as server:
            refused = failure(server, WRITE)
    finally:
        writes_may_begin.reset(token)
    assert (type(refused), refused.code, refused.exchange, server.requests) == (Transient, "lease-short", None, [])


@pytest.mark.parametrize(
    "request_",
    [
        WRITE,
        HttpRequest(method="PATCH", url="/x", json={"a": 1}),
        HttpRequest(method="DELETE", url="/x"),
        HttpRequest(method="POST", url="/token", form={"a": "b"}, write=True),
        HttpRequest(method="POST", url="/token?x=1", form={"a": "b"}),
        HttpRequest(method="GET", url="/x", write=True),
        HttpRequest(method="post", url="/token", form={"a": "b"}),
    ],
)
def test_a_session_that_may_only_read_sends_nothing_else(request_):
    with serving() as server:
        reading = session(server)
        reading.only_reads = frozenset({f"{server.url}/token"})
        with pytest.raises(Misconfigured) as caught:
            reading.send(request_)
    assert (caught.value.code, server.requests) == ("read-only", [])


def test_a_session_that_may_only_read_still_signs_in():
    with serving([OK, OK]) as server:
        reading = session(server)
        reading.only_reads = frozenset({f"{server.url}/token"})
        assert reading.send(READ).status == 200
        assert reading.send(HttpRequest(method="POST", url="/token", form={"a": "b"})).status == 200


def test_who_watches_a_session_is_asked_before_anything_leaves():
    asked = []

    def watch():
        asked.append(1)
        if len(asked) == 2:
            raise Misconfigured("Enough.")

    with serving([OK]) as server:
        watched = session(server)
        watched.watch = watch
        assert watched.send(READ).status == 200
        with pytest.raises(Misconfigured, match="Enough"):
            watched.send(READ)
        assert len(server.requests) == 1


def test_a_dripping_answer_ends_at_the_time_out():
    class Dripping(RawServer):
        def _play(self, connection, script):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not self.released.wait(0.05):
                connection.sendall(b"x")

    server = Dripping([[b""]])
    try:
        assert failure(server, WRITE, timeouts=QUICK).code == "read-timeout"
    finally:
        server.close()


def test_a_host_that_moves_to_an_internal_address_between_two_connections_is_refused():
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with serving([answer("200 OK", b"{}", "Connection: close")], [OK]) as server:
        name = f"http://sap.example.com:{server.port}"
        policy = OutgoingPolicy.of("127.0.0.1/32", plain_http=True)
        one = HttpSession(base_url=name, policy=policy, timeouts=PATIENT, lookup=rebinding)
        assert one.send(READ).status == 200
        with pytest.raises(Misconfigured) as caught:
            one.send(READ)
    assert caught.value.code == "outgoing-internal"
    assert caught.value.exchange is not None
    assert asked == ["sap.example.com", "sap.example.com"]
    assert f"Host: sap.example.com:{server.port}".encode() in server.requests[0]


def test_a_connection_that_is_kept_alive_is_not_resolved_again():
    asked: list[str] = []

    def counting(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with serving([OK, OK, OK]) as server:
        name = f"http://sap.example.com:{server.port}"
        one = HttpSession(base_url=name, policy=POLICY, timeouts=PATIENT, lookup=counting)
        assert [one.send(READ).status for _ in range(3)] == [200, 200, 200]
    assert asked == ["sap.example.com"]


def test_the_next_address_is_tried_when_the_first_refuses():
    with serving([OK]) as server:
        name = f"http://sap.example.com:{server.port}"
        addresses = ["127.0.0.9", "127.0.0.1"]
        one = HttpSession(base_url=name, policy=POLICY, timeouts=PATIENT, lookup=lambda _host, _port: addresses)
        assert one.send(READ).status == 200


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "http://other.example.com/x", "http://127.0.0.1:1/x"])
def test_another_origin_is_refused_before_anything_is_sent(url):
    with serving() as server:
        error = failure(server, HttpRequest(method="GET", url=url))
    assert (type(error), error.code) == (Misconfigured, "outgoing-host")


def test_an_extra_host_may_be_called():
    with serving([OK]) as token_server, serving() as server:
        one = session(server, extra_hosts=[token_server.url + "/token"])
        assert one.send(HttpRequest(method="POST", url=token_server.url + "/token", form={"a": "b"})).status == 200


def test_a_base_url_that_is_refused_is_refused_at_once():
    with pytest.raises(Misconfigured):
        HttpSession(base_url="http://sap.example.com", policy=OutgoingPolicy(), timeouts=PATIENT)


def test_a_redirect_is_answered_not_followed():
    with serving([answer("302 Found", b"", "Location: http://127.0.0.1:1/")]) as server:
        got = session(server).send(READ)
    assert (got.status, got.headers["location"]) == (302, "http://127.0.0.1:1/")
    assert len(server.requests) == 1


def test_cookies_are_handed_over_and_never_kept():
    first = answer(
        "200 OK", b"{}", "Set-Cookie: a=canary-1; path=/", "Set-Cookie: b=2; expires=Wed, 21 Oct 2027 07:28:00 GMT"
    )
    with serving([first, OK]) as server:
        one = session(server)
        got = one.send(READ)
        one.send(READ)
    assert got.cookies == ("a=canary-1; path=/", "b=2; expires=Wed, 21 Oct 2027 07:28:00 GMT")
    assert b"Cookie" not in server.requests[1]
    assert "canary" not in repr(got) + repr(got.exchange)


def test_credentials_and_proxies_of_the_environment_are_ignored(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password canary-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving([OK]) as server:
        assert session(server).send(READ).status == 200
    assert b"Authorization" not in server.requests[0]


def test_an_answer_that_is_too_large_stops_at_the_limit():
    big = answer("200 OK", b"x" * 200_000)
    with serving([big], [big]) as server:
        one = session(server)
        one.max_answer = 100_000
        with pytest.raises(Misconfigured, match="smaller pages"):
            one.send(READ)
        with pytest.raises(Unknown):
            one.send(WRITE)


def test_a_compressed_answer_is_bounded_by_what_it_unpacks_to():
    bomb = answer("200 OK", gzip.compress(b"x" * 5_000_000), "Content-Encoding: gzip")
    with serving([bomb]) as server:
        one = session(server)
        one.max_answer = 1_000_000
        with pytest.raises(Misconfigured):
            one.send(READ)


def test_no_secret_stays_in_an_exchange():
    body = json.dumps({"access_token": "canary-token", "note": 'said canary-"quote"', "expires_in": 900}).encode()
    with serving(
        [answer("200 OK", body, "Set-Cookie: s=canary-cookie", "x-csrf-token: canary-csrf", "X-Echo: canary-pw/+")]
    ) as server:
        one = session(server, secrets=["canary-pw/+", 'canary-"quote"'])
        headers = {
            "Authorization": "Bearer canary",
            "ST-App-Key": "canary",
            "Cookie": "canary",
            "X-CSRF-Token": "canary",
        }
        params = (("p", "canary-pw/+"),)
        form = {"client_secret": "canary-2", "password": "canary-pw/+", "grant_type": "client_credentials"}
        got = one.send(HttpRequest(method="POST", url="/token", params=params, headers=headers, form=form))
    assert "canary" not in repr(got.exchange)
    assert got.exchange.request_body == "client_secret=[redacted]&password=[redacted]&grant_type=client_credentials"
    assert got.exchange.url == f"{server.url}/token?p=[redacted]"
    assert b"canary-pw%2F%2B" in server.requests[0]
    assert got.json()["access_token"] == "canary-token"


def test_a_token_learned_later_is_removed_too():
    with serving([answer("200 OK", b'"canary-late"')]) as server:
        one = session(server)
        one.conceal("canary-late")
        assert one.send(READ).exchange.response_body == '"[redacted]"'


def test_that_sap_asks_for_a_new_csrf_token_stays_readable():
    assert Redactor().headers({"x-csrf-token": "Required"}) == {"x-csrf-token": "Required"}


def test_a_long_body_is_cut_with_a_note_and_without_half_a_secret():
    redactor = Redactor(["canary-secret"])
    shown = redactor.body(b"x" * 65_530 + b"canary-secret" + b"y" * 100)
    assert shown.endswith("\n[cut: 65643 bytes in all]")
    assert "canary" not in shown
    assert redactor.body(b"short") == "short"


def test_a_failed_exchange_keeps_no_secret_in_its_error():
    with serving([RESET]) as server:
        error = failure(server, HttpRequest(method="GET", url="/x", params=(("q", "canary-1"),)), secrets=["canary-1"])
    assert "canary" not in repr(error) + str(error) + repr(error.exchange)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe\x00"])
def test_malformed_json_is_unknown_after_a_write_and_transient_after_a_read(body):
    with serving([answer("200 OK", body)], [answer("200 OK", body)]) as server:
        one = session(server)
        with pytest.raises(Unknown):
            one.send(WRITE).json()
    with serving([answer("200 OK", body)]) as server, pytest.raises(Transient):
        session(server).send(READ).json()


def test_fractions_are_read_and_written_digit_for_digit():
    with serving([answer("200 OK", b'{"a": 0.1000, "b": 12}')]) as server:
        got = session(server).send(
            HttpRequest(method="POST", url="/x", json={"cost": Decimal("120.00"), "n": [1, None]})
        )
    assert got.json() == {"a": Decimal("0.1000"), "b": 12}
    assert str(got.json()["a"]) == "0.1000"
    assert server.requests[0].endswith(b'{"cost":120.00,"n":[1,null]}')


def test_json_is_compact_and_keeps_letters():
    assert dump_json({"name": 'Müller "& Co', "x": Decimal("1E+2"), "t": (True, "")}) == (
        '{"name":"Müller \\"& Co","x":100,"t":[true,""]}'
    )


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), float("nan"), object()])
def test_what_json_cannot_say_is_never_sent(value):
    with pytest.raises((TypeError, ValueError)):
        dump_json({"cost": value})


def test_a_text_of_digits_stays_a_text():
    assert dump_json({"a": "120.00", "b": Decimal("-0.10"), "c": 7}) == '{"a":"120.00","b":-0.10,"c":7}'


def test_a_query_is_percent_encoded_so_that_plus_stays_plus():
    with serving([OK]) as server:
        params = (("$filter", "At ge datetimeoffset'2026-01-31T08:15:00+01:00' and Name eq 'A&B'"),)
        session(server).send(HttpRequest(method="GET", url="/x", params=params))
    line = server.requests[0].split(b"\r\n")[0].decode()
    assert line == (
        "GET /x?$filter=At%20ge%20datetimeoffset'2026-01-31T08:15:00%2B01:00'%20and%20Name%20eq%20'A%26B' HTTP/1.1"
    )


def test_a_broken_ca_bundle_is_named():
    with pytest.raises(Misconfigured) as caught:
        HttpSession(base_url="https://sap.example.com", policy=POLICY, timeouts=PATIENT, ca_bundle="no certificate")
    assert caught.value.code == "ca-bundle"


@pytest.fixture
def kept() -> Iterator[Answer]:
    with serving([OK]) as server:
        yield session(server).send(READ)


def test_an_exchange_says_when_and_what(kept):
    exchange = kept.exchange
    assert (exchange.method, exchange.status, exchange.response_body) == ("GET", 200, "{}")
    assert exchange.started_at.tzinfo is not None
    assert exchange.duration_ms >= 0
    assert exchange.request_headers["Accept"] == "application/json"
