"""Records found by any number that somebody has in their hands: by indexes alone, whatever the number of records is."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from integrations.document_index import normal
from integrations.models import Delivery, Link, RecordNumber, Sync

MOST = 200
"""So many records are looked up one by one; of what begins the keys of more than that, the newest are shown anyway."""
SHORTEST = 3


def having(term: str) -> Q:
    """A condition on deliveries: their key begins with the term, or their record has that number on either side.

    Looked for in the key at the source, in numbers within the record (see `document_index.numbers_of`), both by their
    beginning, and in the whole key at the target. Numbers within a record are also that of a job, and those by which
    the target shows what was made there. A term of less than three letters and digits is only taken as the beginning
    of a key. Three statements at most.
    """
    term = term.strip()[:120]
    own = list(_deliveries(Q(source_key__startswith=term)))
    is_long = len(normal(term)) >= SHORTEST
    records = {*_by_number(term), *_by_target(term)} if is_long else set()
    own_keys = Q(source_key__startswith=term) if len(own) > MOST else Q(source_key__in=set(own))
    # The same key may be another record of another flow: 17 is a vendor there and a request here.
    for sync in {sync for sync, _ in records}:
        own_keys |= Q(sync=sync, source_key__in={key for of, key in records if of == sync})
    return own_keys


def _deliveries(condition: Q) -> Iterable[str]:
    rows = Delivery.objects.filter(condition).order_by().values_list("source_key", flat=True)
    return rows[: MOST + 1]


def _by_number(term: str) -> set[tuple[object, str]]:
    rows = RecordNumber.objects.filter(number__startswith=normal(term)).order_by()
    return set(rows.values_list("sync_id", "source_key")[:MOST])


def _by_target(term: str) -> set[tuple[object, str]]:
    syncs = dict(Sync.objects.values_list("flow", "pk"))
    rows = Link.objects.filter(flow__in=list(syncs), target_key=term).order_by()
    return {(syncs[flow], key.partition("#")[0]) for flow, key in rows.values_list("flow", "source_key")[:MOST]}
