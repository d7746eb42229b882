"""The support desk's lists for the question `lists`: every registered one, its filters, searches and far ends."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import plans
from bench.question import Figure
from integrations import document_index
from integrations.admin import customer_site
from integrations.models import Delivery
from tenants import stepping_in
from tenants.admin import operators
from tenants.models import Customer, Person, Role
from tenants.schema import within
from tests.tenants.browser import PASSWORD, Browser

DESK, PUBLIC = "http://acme.localhost/admin/", "http://localhost/admin/"
MOST_CHOICES = 12
TERMS = ("4500123456", "45001234", "INV999999", "no-such-number-77")
COUNTING = re.compile(r"\bCOUNT\(", re.IGNORECASE)

FILL = (
    """INSERT INTO integrations_recordnumber (id, number, sync_id, source_key)
    SELECT gen_random_uuid(), 'INV' || row_number() OVER (), sync_id, source_key FROM integrations_delivery""",
    """INSERT INTO public.tenants_documentmark (mark, customer_id)
    SELECT decode(md5(i::text), 'hex'), %(customer)s FROM generate_series(1, %(rows)s) i""",
    """INSERT INTO integrations_auditevent (id, at, actor_kind, actor_id, actor_label, action, subject, subject_id,
        detail, correlation_id)
    SELECT gen_random_uuid(), now(), 'person', 'p' || i %% 50, 'a', 'delivery.replayed', 's', i::text, '{}', ''
    FROM generate_series(1, %(rows)s / 10) i""",
    """INSERT INTO integrations_run (id, sync_id, started_at, state, read, unchanged, written, skipped, quarantined,
        error_code, error)
    SELECT (lpad(to_hex(1767225600000 + i * 120000), 12, '0') || '7' || substr(md5(id::text || i), 1, 19))::uuid, id,
        timestamptz '2026-01-01' + i * interval '2 minutes', 'completed', 1, 1, 0, 0, 0, '', ''
    FROM integrations_sync, generate_series(1, %(rows)s::bigint / 10) i""",
    """INSERT INTO integrations_valuemap (id, map, key, value, label, updated_by, updated_at)
    SELECT gen_random_uuid(), 'material', i::text, i::text, '', '', now() FROM generate_series(1, %(rows)s / 10) i""",
    """INSERT INTO integrations_inboundevent (id, connection_id, tenant_id, occurrence, event_id, type, object_kind,
        object_id, object_number, received_at, state, code, reason, woken, tries)
    SELECT gen_random_uuid(), c.id, '1001', i::text, '', 'job.updated', 'job', i::text, i::text,
        timestamptz '2026-01-01' + i * interval '1 second', 'applied', '', '', 0, 1
    FROM (SELECT id FROM integrations_connection LIMIT 1) c, generate_series(1, %(rows)s / 10) i""",
    "ANALYZE",
)


def fill(customer: Customer, rows: int) -> None:
    """What the desk's lists show besides deliveries, and a public index of as many numbers. In the schema."""
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, {"rows": rows, "customer": customer.pk} if "%(" in statement else None)
    document_index.note(Delivery.objects.order_by("id")[:100])


def figures(customer: Customer, rounds: int) -> Iterator[Figure]:
    """A figure per list with its slowest page, then what the targets are about."""
    browser = _stepped_in(customer)
    slowest, plans, counts, most = list[float](), list[str](), list[str](), 0
    for name, paths in _lists(customer):
        worst: tuple[float, str] = (0.0, "")
        for path in paths:
            took, found, statements = _page(browser, path, rounds, customer)
            plans += [f"{path}: {plan}" for plan in found if "COUNT" not in plan]
            counts += [f"{path}: {plan}" for plan in found if "COUNT" in plan]
            worst, most = max(worst, (took, path)), max(most, statements)
        slowest.append(worst[0])
        yield Figure(what=f"desk {name}", values=[worst[0]], unit="ms", note=f"slowest: {worst[1]}")
    yield Figure(what="slowest page of any list of the desk", values=[max(slowest)], unit="ms", limit=300)
    told = "; ".join(sorted(set(plans))[:5])
    yield Figure(what="pages of the desk that go through a whole table", values=[len(plans)], limit=0, note=told)
    told = "; ".join(sorted(set(counts))[:5])
    yield Figure(what="pages of the desk that count rows", values=[len(counts)], limit=0, note=told)
    yield Figure(what="statements of the desk's page with the most", values=[most], limit=30)


def _lists(customer: Customer) -> Iterator[tuple[str, list[str]]]:
    with within(customer):
        own = {
            f"integrations/{model._meta.model_name}/": queries(page) for model, page in customer_site._registry.items()
        }
        some = Delivery.objects.filter(state="quarantined").order_by("-id").values_list("pk", flat=True)[0]
    for name, asked in own.items():
        yield name, [f"{DESK}{name}{query}" for query in asked]
    yield "a delivery", [f"{DESK}integrations/delivery/{some}/change/"]
    yield "the first page, causes", [DESK, f"{DESK}causes/"]
    for model, page in operators._registry.items():
        meta = model._meta
        yield (
            f"operators' {meta.model_name}",
            [f"{PUBLIC}{meta.app_label}/{meta.model_name}/{q}" for q in queries(page)],
        )
    yield "a number over all customers", [f"{PUBLIC}search/?number={number}" for number in ("4500000001", "none-7")]
    yield "customers at a glance", [f"{PUBLIC}overview/"]


def queries(page: Any) -> list[str]:
    """First, last and sorted pages, each choice of each filter, searches."""
    found = ["", "?p=end", "?o=1", "?o=-2"]
    for given in page.list_filter:
        found += _choices(page, given)
    if page.search_fields:
        found += [f"?q={term}" for term in TERMS]
    return found


def _choices(page: Any, given: Any) -> Iterable[str]:
    if isinstance(given, type) and issubclass(given, SimpleListFilter):
        values = given.lookups(given.__new__(given), None, page) or ()  # type: ignore[arg-type]
        return [f"?{given.parameter_name}={value}" for value, _ in list(values)[:MOST_CHOICES]]
    name = given if isinstance(given, str) else given[0]
    field = page.model._meta.get_field(name)
    lookup = name if not isinstance(given, str) else f"{name}__id__exact" if field.is_relation else f"{name}__exact"
    has_choices = field.choices or field.is_relation
    choices = [value for value, _ in field.get_choices(include_blank=False)] if has_choices else [1]
    return [f"?{lookup}={value}" for value in choices[:MOST_CHOICES]]


def _stepped_in(customer: Customer) -> Browser:
    person = Person.objects.create_superuser("root@bench.test", PASSWORD)
    stepping_in.begin(person, customer, role=Role.VIEWER, reason="bench", now=timezone.now())
    browser = Browser()
    browser.sign_in(person.email)
    return browser


def _page(browser: Browser, path: str, rounds: int, customer: Customer) -> tuple[float, list[str], int]:
    """The quickest of some rounds in ms, what is wrong with its statements, and how many there are."""
    browser.open(path)
    took = min(_time(browser, path) for _ in range(rounds))
    with CaptureQueriesContext(connection) as caught, plans.asked() as statements:
        browser.open(path)
    with within(customer):
        found = [bad for statement in statements for bad in plans.explain(*statement)]
    counting = (query["sql"] for query in caught if COUNTING.search(query["sql"]))
    found += [f"COUNT: {sql[:160]}" for sql in counting if "GROUP BY" not in sql]
    return took, found, len(caught)


def _time(browser: Browser, path: str) -> float:
    began = time.perf_counter()
    answer = browser.open(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: HTTP {answer.status_code}")
    return 1000 * (time.perf_counter() - began)
