"""Bills of ServiceTitan and the SAP invoices behind them, for the AP team."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand
from django.db.models import Q

from integrations.bills import bills, invoice_of, shown, unbilled, write_bills, write_unbilled
from integrations.management.customers import find_customer
from integrations.vocabulary.money import plain
from tenants.schema import within

MOST = 20


class Command(BaseCommand):
    """Shows what is kept of the last poll; asks neither system."""

    help = (
        "Bills with the SAP invoices they came from, and invoices without a bill, with the reason; the last line is a "
        "JSON object of counts. With --csv: all bills as CSV."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("--csv", action="store_true", help="CSV on standard output instead")
        parser.add_argument("--without-bill", action="store_true", help="the SAP invoices of which no bill came")

    def handle(self, *, customer: str, without_bill: bool, **options: Any) -> None:
        with within(find_customer(customer)):
            if options["csv"]:
                out = cast(TextIO, self.stdout)
                if without_bill:
                    write_unbilled(unbilled(), out)
                else:
                    write_bills(bills(), out)
                return
            self._tell(without_bill)
            self.stdout.write(json.dumps(_counts()))

    def _tell(self, without_bill: bool) -> None:
        if without_bill:
            for delivery in unbilled().order_by("source_key")[:MOST]:
                one = invoice_of(delivery)
                self.stderr.write(f"{one.key} {one.number}, {plain(one.gross)} {one.currency}: {one.reason}")
            return
        for found in shown(list(bills(origin="none").order_by("id")[:MOST])):
            bill = found.bill
            self.stderr.write(
                f"{bill.id} {' '.join(bill.numbers)} of {bill.vendor}, {plain(bill.amount)}: {found.why_none}"
            )


def _counts() -> dict[str, int]:
    exported = Q(row__syncStatus__in=["Exported", "PostedAndExported"])
    return {
        "bills": bills().count(),
        "from_sap_invoices": bills(origin="sap-invoice").count(),
        "without_invoice": bills(origin="none").count(),
        "exported": bills().filter(exported).count(),
        "canceled": bills(statuses=["Canceled"]).count(),
        "invoices_without_bill": unbilled().count(),
    }
