"""Value maps to and from CSV files."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Collection
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from integrations import audit, catalogue, map_files, reference_data
from integrations.engine import Given
from integrations.management.customers import find_customer
from integrations.models import ValueMap
from integrations.running import utc_now
from tenants.models import Customer
from tenants.schema import within

LARGEST_FILE = 10 * 1024 * 1024
TOGETHER = 200  # rows in one event of the audit


class Command(BaseCommand):
    """An import adds and changes rows; rows that the file leaves out stay. With any problem nothing is changed."""

    help = "Export a value map as CSV, or import one; the last line of an import is a JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("customer", help="schema name of the customer")
        parser.add_argument("action", choices=["export", "import"], help="which way")
        parser.add_argument("map", help="name of the map, e.g. cost-center")
        parser.add_argument("file", help='a CSV file, or "-" for standard output or input')
        parser.add_argument("--check", action="store_true", help="import: find all problems, change nothing")

    def handle(self, *, customer: str, action: str, file: str, check: bool, **options: Any) -> None:
        name, found = str(options["map"]), find_customer(customer)
        known = sorted({each for flow in catalogue.flows().values() for each in flow.maps})
        if name not in known:
            raise CommandError(f"No flow asks a map {name}; there are {', '.join(known)}.")
        with within(found):
            if action == "import":
                self._import(found, name, _read(file), only_check=check)
            elif file == "-":
                self.stdout.write(map_files.written(name), ending="")
            else:
                Path(file).write_text(map_files.written(name), encoding="utf-8")

    def _import(self, customer: Customer, name: str, text: str, *, only_check: bool) -> None:
        """Everything that is wrong is found first, the file and the live system's answers together."""
        try:
            lines = map_files.read(name, text)
        except map_files.WrongFile as wrong:
            self._refuse(wrong.problems)
        checked = reference_data.check([line.given for line in lines])
        if checked.wrong:
            wrong_lines = [line for line in lines if line.given in checked.wrong]
            self._refuse([f"line {line.number}: {checked.wrong[line.given]}" for line in wrong_lines])
        for remark in checked.unchecked:
            self.stderr.write(f"not checked against the live system: {remark}")
        woken = 0 if only_check else _saved(customer, [line.given for line in lines])
        self.stdout.write(json.dumps({"rows": len(lines), "saved": not only_check, "deliveries": woken}))

    def _refuse(self, problems: Collection[str]) -> NoReturn:
        for problem in problems:
            self.stderr.write(problem)
        raise SystemExit(1)


def _saved(customer: Customer, values: list[Given]) -> int:
    with transaction.atomic():
        before = {row.key: row.value for row in ValueMap.objects.filter(map__in={given.map for given in values})}
        woken = reference_data.save_checked(customer, values, by="import", now=utc_now())
        changed = [given for given in values if before.get(given.key) != given.value]
        for start in range(0, len(changed), TOGETHER):
            rows = {given.key: [before.get(given.key), given.value] for given in changed[start : start + TOGETHER]}
            name = changed[start].map
            who, of_map = audit.command("maps"), f"map:{name}"
            audit.record(actor=who, action="value-map.saved", subject=name, subject_id=of_map, detail={"rows": rows})
    return woken


def _read(file: str) -> str:
    """The file's text. Raises CommandError."""
    try:
        source = sys.stdin.buffer.read(LARGEST_FILE + 1) if file == "-" else Path(file).read_bytes()[: LARGEST_FILE + 1]
        text = source.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as UTF-8.") from error
    if len(source) > LARGEST_FILE:
        raise CommandError(f"{file} is larger than {LARGEST_FILE} bytes.")
    return text
