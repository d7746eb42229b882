"""Every entity, field, type and flag that is used, held against SAP's own metadata documents."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from integrations.systems.sap import objects
from integrations.systems.sap.by_day import ByDay
from integrations.systems.sap.by_stamp import ByStamp
from integrations.systems.sap.entities import DECLARED, writable
from integrations.systems.sap.entity import Entity
from integrations.systems.sap.metadata import EntityType, entity_types, missing
from integrations.systems.sap.reading import MAX_KEYS, Where
from integrations.systems.sap.services import SERVICES
from integrations.systems.sap.strategies import Strategy

FILES = {
    "API_PURCHASINGGROUP": "CE_PURCHASINGGROUP_0001",
    "API_PURCHASINGORGANIZATION": "CE_PURCHASINGORGANIZATION_0001",
}
EDM = {
    "v2": {
        "text": "Edm.String",
        "item": "Edm.String",
        "flag": "Edm.String",
        "decimal": "Edm.Decimal",
        "bool": "Edm.Boolean",
        "date": "Edm.DateTime",
        "time": "Edm.Time",
        "stamp": "Edm.DateTimeOffset",
        "guid": "Edm.Guid",
    },
    "v4": {
        "text": "Edm.String",
        "item": "Edm.String",
        "decimal": "Edm.Decimal",
        "bool": "Edm.Boolean",
        "date": "Edm.Date",
        "time": "Edm.TimeOfDay",
        "stamp": "Edm.DateTimeOffset",
        "guid": "Edm.Guid",
    },
}
OFFERS = {offer.document: offer for service in SERVICES for offer in service.offers}
OBJECTS: dict[str, Strategy] = {
    **{name: value for name, value in vars(objects).items() if isinstance(value, Strategy)},
    **{name: value for name, value in objects.SUPPLIER_INVOICES.ways.items() if isinstance(value, Strategy)},
}


def document(name: str) -> bytes:
    folder = os.environ.get("SPEC_DIR", "")
    if not folder:
        pytest.skip("SPEC_DIR is not set: SAP's documents are not part of this project")
    found = [path for path in (Path(folder), Path(folder) / "sap") if (path / "API_BUSINESS_PARTNER.edmx").exists()]
    return (found[0] / f"{FILES.get(name, name)}.edmx").read_bytes()


def types(name: str) -> dict[str, EntityType]:
    return entity_types(document(name))


def flattened(entity: Entity) -> list[Entity]:
    return [entity, *(one for child in entity.children for one in flattened(child.entity))]


@pytest.mark.parametrize("name", sorted(OFFERS))
def test_every_service_is_described_by_a_document(name):
    assert types(name)


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_every_declared_field_and_navigation_exists(name):
    assert [sorted(missing(entity, types(name))) for entity in DECLARED[name]] == [[] for _ in DECLARED[name]]


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_every_declared_field_has_the_documents_type(name):
    known, edm = types(name), EDM[OFFERS[name].version]
    for entity in (one for root in DECLARED[name] for one in flattened(root)):
        found = {one.source: known[entity.type].properties[one.source] for one in entity.fields}
        assert found == {one.source: edm[one.kind] for one in entity.fields}, entity.type


@pytest.mark.parametrize("name", sorted(OBJECTS))
def test_everything_that_is_filtered_or_sorted_by_may_be(name):
    strategy = OBJECTS[name]
    extra = (strategy.field,) if isinstance(strategy, ByStamp) else strategy.days if isinstance(strategy, ByDay) else ()
    for source in strategy.sources:
        used = {
            *source.keys,
            *strategy.key,
            *extra,
            *filter(None, [strategy.born]),
            *(one.field for one in source.only),
        }
        known = types(source.offer.document)[source.entity.type]
        names = {source.entity.field(field).source for field in used}
        assert names & known.unfilterable == set()
        assert names & known.unsortable == set()


@pytest.mark.parametrize("name", sorted(objects.SOURCES))
def test_every_entity_set_is_of_the_declared_type(name):
    for source in objects.SOURCES[name]:
        text = document(source.offer.document).decode()
        set_ = text.split(f'<EntitySet Name="{source.entity_set}"', 1)[1].split(">", 1)[0]
        assert f'.{source.entity.type}"' in set_


def test_no_declared_object_reads_bank_data():
    declared = (one for roots in DECLARED.values() for root in roots for one in flattened(root))
    assert [one.source for entity in declared for one in entity.fields if "Bank" in one.source] == []


@pytest.mark.parametrize("name", sorted(objects.SOURCES))
def test_no_question_grows_longer_than_a_url_may(name):
    for source in objects.SOURCES[name]:
        filters = [[Where(field, "eq", "X" * 10) for field in source.keys] for _ in range(MAX_KEYS)]
        params = source.params(frozenset(), filters, source.keys, top=100)
        assert len(urlencode(params)) < 6500


WRITTEN = {
    "API_PURCHASEORDER_2": (writable.NEW_ORDER_V4,),
    "API_PURCHASEORDER_PROCESS_SRV": (writable.NEW_ORDER_V2,),
    "API_PURCHASEREQUISITION_2": (writable.NEW_REQUISITION_V4,),
    "API_PURCHASEREQ_PROCESS_SRV": (writable.NEW_REQUISITION_V2,),
    "API_BUSINESS_PARTNER": (
        writable.NEW_PARTNER,
        writable.PARTNER_CHANGE,
        writable.ADDRESS_CHANGE,
        writable.SUPPLIER_CHANGE,
        writable.NEW_ROLE,
        writable.NEW_COMPANY,
        writable.COMPANY_CHANGE,
        writable.NEW_PURCHASING,
        writable.PURCHASING_CHANGE,
        writable.EMAIL_CHANGE,
        writable.PHONE_CHANGE,
        writable.FAX_CHANGE,
    ),
    "API_COST_CENTER": (writable.COST_CENTER_CHANGE,),
}


def computed(name: str) -> set[str]:
    """ "Type/Property" of everything that a V4 document declares as computed by SAP."""
    root = ElementTree.fromstring(document(name))  # noqa: S314  a file of ours
    found = set()
    for block in root.iter("{http://docs.oasis-open.org/odata/ns/edm}Annotations"):
        terms = {one.get("Term", "").rpartition(".")[2]: one.get("Bool") for one in block}
        if "Computed" in terms and terms["Computed"] != "false":
            found.add(block.get("Target", "").rpartition(".")[2])
    return found


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_every_written_field_exists_has_its_type_and_may_be_written(name):
    known, edm = types(name), EDM[OFFERS[name].version]
    closed = computed(name)
    for entity in (one for root in WRITTEN[name] for one in flattened(root)):
        described = known[entity.type]
        assert [one.source for one in entity.fields if one.source in described.uncreatable] == []
        assert [one.source for one in entity.fields if f"{entity.type}/{one.source}" in closed] == []
        assert [child.navigation for child in entity.children if child.navigation not in described.navigations] == []
        for one in entity.fields:
            assert one.source == "-" or described.properties[one.source] == edm[one.kind]


def test_the_action_that_creates_a_cost_center_takes_what_is_sent():
    root = ElementTree.fromstring(document("API_COST_CENTER"))  # noqa: S314  a file of ours
    space = "{http://docs.oasis-open.org/odata/ns/edm}"
    action = next(one for one in root.iter(f"{space}Action") if one.get("Name") == "CreateValidityPeriod")
    parameters = {one.get("Name"): one.get("Type") for one in action.iter(f"{space}Parameter")}
    for one in writable.NEW_COST_CENTER.fields:
        assert parameters[one.source] == EDM["v4"][one.kind]
