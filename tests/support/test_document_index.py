"""Which customer has order 4500001234: told by keyed hashes, in public, and nothing more than that."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from integrations import document_index
from integrations.keyring import new_key
from integrations.models import Sync
from tenants import schema
from tenants.support_models import DocumentMark
from tests.engine.world import World


def poll(customer, *keys: str, **values: str) -> None:
    with schema.within(customer):
        world = World(syncs={sync.flow: sync for sync in Sync.objects.all()})
        for key in keys:
            world.source.put(key, name="x", **values)
        world.poll()


def names(number: str) -> list[str]:
    return [customer.schema_name for customer in document_index.customers_with(number)]


def test_a_number_is_found_at_the_customers_who_have_it(acme, globex):
    poll(acme, "4500001234", "4500001235")
    poll(globex, "4500001235")
    assert names("4500001234") == ["acme"]
    assert names("4500001235") == ["acme", "globex"]
    assert names("4500001236") == []
    assert names("") == names("  ") == []


@pytest.mark.parametrize("asked", ["17300001", "0017300001", " 1730-0001 ", "17300001/2026", "inv 77-a", "INV77A"])
def test_zeros_separators_and_case_make_no_difference(acme, asked):
    poll(acme, "0017300001/2026", SupplierInvoiceIDByInvcgParty="Inv-77/a")
    assert names(asked) == ["acme"]


def test_a_year_and_a_name_are_no_numbers():
    row = {"name": "12345678", "number": "PO-1", "Reference": "none", "Active": True, "lines": [{"number": "999999"}]}
    assert document_index.numbers_of("5105600123/2026", row) == {"51056001232026", "5105600123", "PO1"}


def test_the_number_of_a_job_in_an_item_is_a_number_and_a_persons_name_is_none():
    items = [{"RequisitionerName": "J-77012", "number": "1"}, {"RequisitionerName": "Olga", "RequirementTracking": 5}]
    assert document_index.numbers_of("4500001234", {"items": items, "notes": ["12345"]}) == {"4500001234", "J77012"}


def test_the_index_tells_nothing_by_itself(acme):
    poll(acme, "4500001234")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text, encode(mark, 'escape') FROM public.tenants_documentmark t")
        (row,) = cursor.fetchall()
    assert "4500001234" not in str(row)
    assert len(bytes(DocumentMark.objects.get().mark)) == 16


def test_a_page_of_any_length_costs_one_statement_more(acme):
    def inserts(much: int) -> int:
        with CaptureQueriesContext(connection) as caught:
            poll(acme, *(f"{much}{n:07}" for n in range(much)))
        return sum("tenants_documentmark" in query["sql"] for query in caught)

    assert inserts(2) == inserts(50) == 1


def test_what_is_rolled_back_is_not_indexed(acme):
    with transaction.atomic():
        poll(acme, "4500001234")
        assert names("4500001234") == ["acme"]
        transaction.set_rollback(True)
    assert names("4500001234") == []


def test_what_was_there_before_is_indexed_by_a_command(acme, globex):
    poll(acme, *(f"450000{n}" for n in range(1000, 1005)))
    poll(globex, "4500009999")
    DocumentMark.objects.all().delete()
    out = StringIO()
    call_command("index_documents", "acme", stdout=out)
    assert out.getvalue() == "acme: 5 versions of records looked at\n"
    assert (names("4500001003"), names("4500009999")) == (["acme"], [])
    call_command("index_documents", stdout=StringIO())
    assert names("4500009999") == ["globex"]
    assert DocumentMark.objects.count() == 6


def test_a_change_of_keys_finds_what_was_indexed_before(acme, settings):
    poll(acme, "4500001234")
    settings.FIELD_KEYS = [new_key(), *settings.FIELD_KEYS]
    assert names("4500001234") == ["acme"]
    poll(acme, "4500005555")
    assert names("4500005555") == ["acme"]
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    assert names("4500001234") == []
    call_command("index_documents", stdout=StringIO())
    assert names("4500001234") == ["acme"]
