"""Where the page of a connection that works leads to: the other system, then the fit report, then nowhere."""

from __future__ import annotations

from django_tenants.utils import schema_context

from integrations.models import Connection, FitReport, Sync
from tenants.models import Customer
from tests.api.books import BEGINNING
from tests.fitting.making import world  # noqa: F401 - the fixture
from tests.journeys.world import World
from tests.portal.desk import Desk, words
from tests.portal.test_connect import one_of, owner, sap_form  # noqa: F401 - a fixture among them


def test_a_connection_that_works_leads_to_the_other_system_and_then_to_the_fit_report(
    world: World,  # noqa: F811
    owner: Desk,  # noqa: F811
    acme: Customer,
) -> None:
    with schema_context(acme.schema_name):
        Sync.objects.all().delete()
        Connection.objects.filter(system="sap").delete()
    titan, next_to = f"/connect/{one_of(acme, 'servicetitan')}/", "Next: see whether both systems fit"
    owner.post(f"{titan}ping/")
    page = owner.get(titan)
    assert "Next: connect SAP" in words(page)
    assert 'href="/connect/new/sap/"' in page.content.decode()
    answer = owner.post("/connect/new/sap/", **sap_form(world))
    assert next_to in words(answer)
    assert 'class="button primary" href="/fit/"' in answer.content.decode()
    assert next_to in owner.page(titan)
    with schema_context(acme.schema_name):
        FitReport.objects.create(state="finished", started_at=BEGINNING)
    assert "Next:" not in owner.page(titan)


def test_a_connection_that_does_not_work_leads_nowhere_and_the_other_one_leads_back(
    world: World,  # noqa: F811
    owner: Desk,  # noqa: F811
    acme: Customer,
) -> None:
    broken = sap_form(world, **{"credentials-password": "canary-wrong"})
    with schema_context(acme.schema_name):
        Sync.objects.all().delete()
        Connection.objects.filter(system="sap").delete()
    assert "Next:" not in words(owner.post("/connect/new/sap/", **broken, anyway="on"))
    titan = f"/connect/{one_of(acme, 'servicetitan')}/"
    owner.post(f"{titan}ping/")
    assert "Next: mend the other connection" in owner.page(titan)
