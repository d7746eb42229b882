"""The product's side of the demo: what its ledger says about one customer, and what a person does there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

COUNTS = ("read", "written", "unchanged", "waiting", "quarantined", "not_transferable")
ORDER = (
    "vendors",
    "vendors-to-sap",
    "cost-centers",
    "cost-centers-to-sap",
    "purchase-requisitions",
    "purchase-orders",
    "purchase-order-requests",
    "supplier-invoices",
    "ap-bills",
)
"""The flows, in the order in which they are shown."""

READ_MODELS = ("ap-bills",)
SOON = timedelta(seconds=20)


class Books:
    """The ledger of one customer, by schema name. Django has to be set up before the first call."""

    def __init__(self, customer: str) -> None:
        self.customer = customer

    @contextmanager
    def syncs(self) -> Iterator[list[Any]]:
        """The customer's syncs in the order in which they are shown, with the customer's schema in use."""
        from django_tenants.utils import schema_context

        from integrations.models import Sync

        with schema_context(self.customer):
            yield sorted(Sync.objects.all(), key=lambda sync: ORDER.index(sync.flow))

    def standings(self, since: datetime | None = None) -> dict[str, dict[str, int]]:
        """The counts of every flow since a moment."""
        from integrations.engine import standing

        with self.syncs() as syncs:
            counts = {sync.flow: standing(sync, since=since) for sync in syncs}
        for found in (counts[flow] for flow in READ_MODELS if flow in counts):
            found["written"] = found["read"] - found["unchanged"]  # into the ledger itself
        return counts

    def examples(self) -> list[tuple[str, str, str, str, str]]:
        """Flow, state, source key, label and reason of one record of each unhappy kind."""
        from integrations.engine import examples

        with self.syncs() as syncs:
            return [
                (sync.flow, state, found.source_key, found.label, found.reason)
                for sync in syncs
                for state, found in examples(sync).items()
            ]

    def is_quiet(self, since: datetime) -> bool:
        """Whether every sync was polled after that moment, and nothing is on its way or looked at again soon."""
        from integrations.models import Delivery

        with self.syncs() as syncs:
            polled = all(sync.polled_at and sync.polled_at > since for sync in syncs)
            soon = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lt=utc_now() + SOON).exists()
        return polled and not soon and not any(counts["open"] for counts in self.standings().values())

    def states(self, flow: str) -> dict[str, str]:
        """The state of the newest version of every record of a flow, by source key."""
        from integrations.models import Delivery

        with self.syncs():
            rows = Delivery.objects.filter(sync__flow=flow).order_by("source_key", "number")
            return dict(rows.values_list("source_key", "state"))

    def links(self, flow: str) -> dict[str, str]:
        """Source key to target key."""
        from integrations.models import Link

        with self.syncs():
            return dict(Link.objects.filter(flow=flow).values_list("source_key", "target_key"))

    def attempts(self, source_key: str) -> list[tuple[str, str, str]]:
        """Kind, outcome and resolution of every exchange on behalf of a record, oldest first."""
        from integrations.models import Attempt

        with self.syncs():
            rows = Attempt.objects.filter(step__delivery__source_key=source_key).order_by("intended_at")
            return list(rows.values_list("kind", "outcome", "resolution"))

    def unknown_writes(self) -> list[tuple[str, str]]:
        """Source key and resolution of every write whose answer was lost."""
        from integrations.models import Attempt

        with self.syncs():
            rows = Attempt.objects.filter(kind=Attempt.Kind.WRITE, outcome=Attempt.Outcome.UNKNOWN)
            return list(rows.order_by("intended_at").values_list("step__delivery__source_key", "resolution"))

    def kept(self, flow: str) -> dict[str, Any]:
        """The rows of a read model, by source key."""
        from integrations.models import Reference

        with self.syncs():
            return dict(Reference.objects.filter(kind=flow).values_list("key", "row"))

    def dismiss(self, flow: str, source_key: str, reason: str) -> None:
        """A person closes a delivery that nobody wants."""
        from integrations.engine import dismiss
        from integrations.models import Delivery
        from integrations.running import CustomerSchedule
        from tenants.models import Customer

        plan = CustomerSchedule(Customer.objects.get(schema_name=self.customer).pk)
        with self.syncs():
            newest = Delivery.objects.filter(sync__flow=flow, source_key=source_key).latest("number")
            dismiss(newest, by="demo", reason=reason, schedule=plan, now=utc_now())

    def replay(self, flow: str, source_key: str) -> None:
        """A person sends a record through the ledger again."""
        from integrations.engine import replay
        from integrations.running import CustomerSchedule
        from tenants.models import Customer

        plan = CustomerSchedule(Customer.objects.get(schema_name=self.customer).pk)
        with self.syncs() as syncs:
            (sync,) = (sync for sync in syncs if sync.flow == flow)
            replay(sync, source_key, by="demo", schedule=plan, now=utc_now())

    def poll_now(self, *flows: str) -> None:
        """These syncs (all of them, if none is named) are due now, as if a person had asked for it."""
        from tenants import schedule
        from tenants.models import Customer

        customer = Customer.objects.get(schema_name=self.customer)
        with self.syncs() as syncs:
            keys = [sync.pk for sync in syncs if not flows or sync.flow in flows]
        schedule.make_due(customer_id=customer.pk, sync_ids=keys, kind="poll", now=utc_now())

    def save_value(self, value_map: str, key: str, value: str) -> None:
        """A person maps a code to a value; what waited for it goes on."""
        from integrations.engine import Given
        from integrations.reference_data import save_values
        from tenants.models import Customer

        customer = Customer.objects.get(schema_name=self.customer)
        with self.syncs():
            save_values(customer, [Given(value_map, key, value)], by="demo", now=utc_now())


def utc_now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)
