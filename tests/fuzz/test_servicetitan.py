"""What ServiceTitan, or whatever stands at its address, answers and sends."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.errors import IntegrationError
from integrations.http import HttpRequest
from integrations.systems.servicetitan import answers, auth, client, resources, webhooks
from integrations.systems.servicetitan.answers import Call
from integrations.systems.servicetitan.formats import plain
from integrations.systems.servicetitan.resources import Resource
from tests.fuzz import strangers
from tests.fuzz.strangers import as_bytes, bodies, is_short, members, quickly, texts, values

RESOURCES = [value for value in vars(resources).values() if isinstance(value, Resource)]
KEY = "canary-fuzz-key-0123456789abcdef"


@quickly
@given(values)
@example("1e999999999")
@example("9" * 5000)
def test_a_number_is_never_longer_than_it_was_written(value: Any) -> None:
    assert is_short(plain(value)) or not is_short(value)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.title)
def test_a_page_is_read_or_refused(resource: Resource) -> None:
    shape = resource.shape
    names = (*shape.texts, *shape.decimals, *shape.days, *shape.lists, *shape.nested, "id")

    @quickly
    @given(st.fixed_dictionaries({"data": st.one_of(values, st.lists(st.one_of(members(names), values), max_size=2))}))
    def read(body: Any) -> None:
        answer = strangers.answer_of(200, {}, as_bytes(body))
        with suppress(IntegrationError):
            rows, _ = client._envelope(answer)
            client._normal(rows, resource)

    read()


@quickly
@given(strangers.answers, st.booleans())
def test_every_answer_is_a_success_or_an_error_of_ours(answer: Any, write: bool) -> None:
    call = Call(request=HttpRequest(method="GET", url="/x", write=write), scope="tn.x:r", about="an order")
    with suppress(IntegrationError):
        answers.check(answer, call, tenant="1001")
    answers.server_time(answer)
    wait = answers.retry_after(answer)
    assert wait is None or 0 <= wait <= answers.LONGEST_WAIT
    assert is_short(answers.sentences(answer))


@quickly
@given(st.builds(strangers.answer_of, st.just(200), strangers.headers, bodies))
def test_a_token_is_read_or_refused(answer: Any) -> None:
    with suppress(IntegrationError):
        assert auth._token(answer).value


@quickly
@given(st.one_of(texts, st.tuples(texts, texts, texts).map(".".join)))
def test_the_scopes_of_any_token_are_words(text: str) -> None:
    assert all(isinstance(word, str) for word in auth.token_scopes(text))


DATA = st.fixed_dictionaries({"tenantId": values}, optional={"job": values, "appointment": values})
TYPES = st.one_of(values, st.sampled_from(list(webhooks.OBJECTS)))
EVENT = st.fixed_dictionaries(
    {"data": st.one_of(values, DATA)}, optional={"id": values, "userassignedid": values, "type": TYPES, "time": values}
)


@quickly
@given(st.one_of(bodies, EVENT.map(as_bytes)))
def test_an_event_is_read_or_unreadable(body: bytes) -> None:
    with suppress(webhooks.Unreadable):
        event = webhooks.parse(body)
        for text in (
            event.tenant_id,
            event.occurrence,
            event.event_id,
            event.type,
            event.object_id,
            event.object_number,
        ):
            assert "\0" not in text
            assert len(text.encode()) <= 4 * webhooks.LONGEST_NAME


@quickly
@given(st.binary(max_size=20), st.lists(texts, max_size=3))
def test_no_signature_of_a_stranger_fits(body: bytes, signatures: list[str]) -> None:
    assert not webhooks.is_signed(body, signatures, [KEY])
