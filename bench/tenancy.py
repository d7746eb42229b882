"""How long does a new customer take, and bringing all schemas to a new version?"""

from __future__ import annotations

import time
from collections.abc import Iterable

from bench import stage
from bench.question import Figure, Options
from tenants.provision import create_customer, migrate_customers


def ask(options: Options) -> Iterable[Figure]:
    """Seconds per customer, and per schema that is found to be up to date already; both with what there is by then."""
    count = options.size(50, least=10)
    with stage.database():
        create_customer(schema_name="first", name="First")  # the first one makes the template
        took = []
        for number in range(count):
            began = time.perf_counter()
            create_customer(schema_name=f"customer_{number:04}", name=f"Customer {number}")
            took.append(time.perf_counter() - began)
        began = time.perf_counter()
        for _ in migrate_customers():
            pass
        looked = (time.perf_counter() - began) / (count + 3)
    yield Figure(what="a new customer, ready to use", values=took, unit="s", limit=0.3)
    yield Figure(what="new customers per minute", values=[60 / (sum(took) / count)])
    yield Figure(what="looking whether a schema is up to date", values=[1000 * looked], unit="ms")
