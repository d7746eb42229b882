"""Encrypted fields: whose key, what shows, and what happens to a row in the wrong place."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection as database
from django.forms import modelform_factory
from django.template import Context, Engine
from django_tenants.utils import schema_context
from rest_framework.serializers import ModelSerializer

from integrations.fields import HIDDEN, NoCustomer, Secret, check_field_keys
from integrations.keyring import KeyMissing, new_key
from integrations.models import Connection
from tenants import schema

CREDENTIALS = {"username": "canary-user", "password": "canary-pass", "number": 5, "empty": "", "none": None}


def sap(**values: Any) -> Connection:
    given = {"system": "sap", "name": "SAP", "environment": "sandbox", "base_url": "https://sap.example.com"}
    return Connection.objects.create(**{**given, "credentials": CREDENTIALS, "token": "canary-token", **values})


def stored(column: str) -> list[bytes]:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM integrations_connection")
        return [bytes(row[0]) for row in cursor.fetchall()]


def test_a_row_copied_to_another_customer_cannot_be_read_there(acme, globex):
    with schema_context("acme"):
        sap()
        with database.cursor() as cursor:
            cursor.execute("INSERT INTO globex.integrations_connection SELECT * FROM acme.integrations_connection")
        assert Connection.objects.get().token.reveal() == "canary-token"
    with schema_context("globex"):
        with pytest.raises(KeyMissing, match="encrypted under a key that is not in FIELD_KEYS") as caught:
            Connection.objects.get()
        assert "of customer globex" in str(caught.value)
        assert "canary" not in str(caught.value)
        assert Connection.objects.defer("credentials", "token").get().name == "SAP"


def test_a_key_that_is_gone_is_an_error_and_never_an_empty_credential(in_acme, settings):
    sap()
    settings.FIELD_KEYS = [new_key()]
    for fields in (["credentials"], ["token"]):
        with pytest.raises(KeyMissing):
            Connection.objects.only(*fields).get()


def test_outside_of_a_customers_schema_nothing_is_encrypted_or_read(db):
    with pytest.raises(NoCustomer, match="no customer's schema is in use"):
        Connection._meta.get_field("token").get_db_prep_save("canary", database)


def test_a_renamed_stand_in_for_the_customer_uses_the_customers_key(acme):
    with schema_context("acme"):
        row = sap()
    schema.use(acme)
    assert Connection.objects.get(pk=row.pk).token.reveal() == "canary-token"


def test_types_are_kept_and_nothing_is_stored_in_clear(in_acme):
    sap()
    row = Connection.objects.get()
    assert row.credentials.reveal() == CREDENTIALS
    assert all(
        b"canary" not in value and value.startswith(b"gAAAA") for value in stored("credentials") + stored("token")
    )


def test_empty_values_stay_empty_and_are_told_apart_from_set_ones(in_acme):
    row = sap(credentials={}, token="")
    row.refresh_from_db()
    assert (row.credentials.reveal(), row.token.reveal()) == ({}, "")
    assert not row.credentials
    assert not row.token
    assert str(row.token) == ""


def test_a_secret_shows_nothing_whatever_is_done_with_it(in_acme):
    row = sap()
    for again in (row, Connection.objects.get()):
        shown = [repr(again), repr(vars(again)), f"{again.token}{again.credentials}", f"{again.token!r}"]
        assert all("canary" not in text for text in shown)
        assert str(again.token) == HIDDEN
    assert "canary" not in repr(list(Connection.objects.values()) + list(Connection.objects.values_list("token")))
    assert copy.deepcopy(row.credentials) is row.credentials
    assert {row.token == Secret("canary-token"), row.token == "canary-token"} == {True, False}


def test_templates_and_serializers_show_only_that_there_is_a_secret(in_acme):
    class Everything(ModelSerializer):
        class Meta:
            model = Connection
            fields = ("token", "credentials")

    row = sap()
    page = Engine().from_string("{{ row.token }} {{ row.credentials }} {{ row.token.reveal }}{{ row.token|pprint }}")
    assert page.render(Context({"row": row})) == f"{HIDDEN} {HIDDEN} &lt;Secret&gt;"
    assert Everything(row).data == {"token": HIDDEN, "credentials": HIDDEN}


def test_a_secret_cannot_be_serialised(in_acme):
    row = sap()
    for attempt in (
        lambda: pickle.dumps(row.token),
        lambda: json.dumps({"token": row.token}),
        lambda: serializers.serialize("json", [row]),
        lambda: serializers.serialize("json", [row], fields=["token"]),
    ):
        with pytest.raises(TypeError):
            attempt()


def test_a_secret_cannot_be_searched_for(in_acme):
    with pytest.raises(FieldError, match="does not support lookups"):
        Connection.objects.filter(token="canary-token").exists()


def test_every_way_of_writing_encrypts(in_acme):
    row = sap()
    Connection.objects.filter(pk=row.pk).update(token="canary-updated")
    assert Connection.objects.get().token.reveal() == "canary-updated"
    row.token = "canary-bulk"
    Connection.objects.bulk_update([row], ["token"])
    row.refresh_from_db()
    assert row.token.reveal() == "canary-bulk"
    other = Connection(
        system="sap", name="B", environment="sandbox", base_url="https://b.example.com", token="canary-b"
    )
    Connection.objects.bulk_create([other])
    assert Connection.objects.get(name="B").token.reveal() == "canary-b"
    assert all(b"canary" not in value for value in stored("token"))


def test_a_form_never_shows_a_secret_and_keeps_it_when_left_empty(in_acme):
    row = sap()
    form = modelform_factory(Connection, fields=["name", "token", "credentials"])
    assert "canary" not in str(form(instance=row))
    assert "credentials" not in form.base_fields
    kept = form({"name": "SAP", "token": ""}, instance=row)
    assert kept.is_valid()
    assert not kept.has_changed()
    kept.save()
    assert Connection.objects.get().token.reveal() == "canary-token"
    form({"name": "SAP", "token": "canary-new"}, instance=row).save()
    assert Connection.objects.get().token.reveal() == "canary-new"


def test_validating_a_row_does_not_change_its_secrets(in_acme):
    row = sap()
    row.full_clean()
    row.save()
    assert Connection.objects.get().credentials.reveal() == CREDENTIALS
    assert Connection.objects.get().token.reveal() == "canary-token"


def test_a_malformed_key_ring_stops_commands_before_anybody_meets_it(settings):
    settings.FIELD_KEYS = ["canary-too-short"]
    (found,) = check_field_keys()
    assert "key 1 of 1 is not 32 bytes" in found.msg
    assert "canary" not in str(found)
    settings.FIELD_KEYS = [new_key()]
    assert check_field_keys() == []
