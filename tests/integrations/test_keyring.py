"""The key ring: which key writes, which ones read, and what is said when none does."""

from __future__ import annotations

from uuid import UUID

import pytest

from integrations.keyring import KeyMissing, KeyRingError, check_ring, customer_keys, new_key

OLD, NEW, OTHER = (letter * 42 + "A=" for letter in "xyz")
ACME = UUID("11111111-1111-4111-8111-111111111111")
BRAVO = UUID("22222222-2222-4222-8222-222222222222")


def test_a_value_under_an_unknown_key_is_an_error_and_names_the_setting():
    stored = customer_keys((OTHER,), ACME).encrypt(b"canary")
    with pytest.raises(KeyMissing, match=r"encrypted under a key that is not in FIELD_KEYS") as caught:
        customer_keys((NEW, OLD), ACME).decrypt(stored)
    assert "canary" not in str(caught.value)


def test_a_value_of_one_customer_cannot_be_read_by_another():
    stored = customer_keys((NEW,), ACME).encrypt(b"canary")
    with pytest.raises(KeyMissing):
        customer_keys((NEW,), BRAVO).decrypt(stored)


def test_garbage_in_the_column_is_an_error_and_not_an_empty_value():
    for garbage in (b"", b"canary", b"gAAAA"):
        with pytest.raises(KeyMissing):
            customer_keys((NEW,), ACME).decrypt(garbage)


@pytest.mark.parametrize(
    ("ring", "sentence"),
    [
        ((), "FIELD_KEYS is empty"),
        ((NEW, "canary-too-short"), "key 2 of 2 is not 32 bytes"),
        ((NEW, NEW), "the same key stands there twice"),
        (("ü" * 44,), "key 1 of 1 is not 32 bytes"),
    ],
)
def test_a_malformed_ring_is_refused_without_showing_a_key(ring, sentence):
    with pytest.raises(KeyRingError, match=sentence) as caught:
        check_ring(ring)
    assert "canary" not in str(caught.value)


def test_the_newest_key_writes_and_all_of_them_read():
    before = customer_keys((OLD,), ACME).encrypt(b"canary")
    ring = customer_keys((NEW, OLD), ACME)
    assert ring.read(before) == (b"canary", 1)
    assert ring.read(ring.encrypt(b"canary")) == (b"canary", 0)


def test_the_derived_key_differs_from_the_ring_key():
    from cryptography.fernet import Fernet, InvalidToken

    stored = customer_keys((NEW,), ACME).encrypt(b"canary")
    with pytest.raises(InvalidToken):
        Fernet(NEW).decrypt(stored)


def test_keys_show_nothing_in_a_repr():
    assert repr(customer_keys((NEW, OLD), ACME)) == "<CustomerKeys: 2>"


def test_a_new_key_fits_the_ring():
    check_ring((new_key(), new_key()))
