"""Identifiers are UUIDs of version 7, in the order in which one process makes them."""

from __future__ import annotations

import time

from integrations.ids import new_id


def test_ids_that_are_made_one_after_the_other_are_in_order() -> None:
    """Also within a millisecond: lists are in their order, and so is the oldest example of a group."""
    made = [new_id() for _ in range(2000)]
    assert made == sorted(set(made))


def test_an_id_is_a_uuid_of_version_7_that_begins_with_the_time() -> None:
    before = time.time_ns()
    made = new_id()
    after = time.time_ns()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before // 1_000_000 <= made.int >> 80 <= after // 1_000_000
    part = (made.int >> 64 & 0xFFF) / 4096 * 1_000_000
    assert before - 250 <= (made.int >> 80) * 1_000_000 + part <= after


def test_what_no_clock_says_is_random() -> None:
    made = [new_id().int & ((1 << 62) - 1) for _ in range(200)]
    assert len(set(made)) == 200
    for bit in range(62):
        assert 0 < sum(number >> bit & 1 for number in made) < 200
