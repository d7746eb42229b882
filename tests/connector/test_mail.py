"""The mail server is read strictly, and its password appears in no message."""

from __future__ import annotations

import pytest

from connector.environment import Environment


def read(url: str) -> tuple[dict, list[str]]:
    env = Environment({"EMAIL_URL": url} if url else {})
    return env.mail("EMAIL_URL", ""), env.problems


def test_starttls_on_the_submission_port():
    given, problems = read("smtp+tls://desk%40example.com:canary%2Fpass@mail.example.com:587")
    assert problems == []
    assert (given["EMAIL_HOST"], given["EMAIL_PORT"], given["EMAIL_USE_TLS"]) == ("mail.example.com", 587, True)
    assert (given["EMAIL_HOST_USER"], given["EMAIL_HOST_PASSWORD"]) == ("desk@example.com", "canary/pass")


def test_tls_from_the_first_byte():
    given, problems = read("smtp+ssl://desk:canary@mail.example.com:465")
    assert problems == []
    assert given["EMAIL_USE_SSL"] is True


def test_a_server_on_the_same_machine_needs_no_password():
    given, problems = read("smtp://localhost:25")
    assert problems == []
    assert (given["EMAIL_HOST"], given["EMAIL_PORT"]) == ("localhost", 25)


def test_without_a_server_no_mail_is_sent():
    assert read("") == ({}, [])


@pytest.mark.parametrize(
    "url",
    [
        "smtp://desk:canary@mail.example.com:25",
        "smtp+tls://",
        "mail.example.com",
        "https://desk:canary@mail.example.com",
        "smtp+tls://desk:canary@mail.example.com:port",
        "filemail:///tmp/canary",
    ],
)
def test_anything_else_is_a_problem_that_shows_no_value(url):
    given, (problem,) = read(url)
    assert given == {}
    assert problem.startswith("EMAIL_URL must be of the form smtp+tls://")
    assert "canary" not in problem
