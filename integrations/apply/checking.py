"""Reads a customer's file strictly: all problems are found in one go, each with its path, before anything changes."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from integrations import catalogue, connections, retention, schedule_spec
from integrations.apply.document import Node, Problems, load
from integrations.apply.options import option, sync_options
from integrations.apply.wanted import (
    Wanted,
    WantedConnection,
    WantedCustomer,
    WantedPerson,
    WantedSync,
    WantedValue,
)
from integrations.connection import ConnectionSettings, Environment
from integrations.errors import IntegrationError, Transient
from integrations.guard import resolve
from integrations.mapping_rules import problem_with
from integrations.transport import tls_context
from tenants.models import Role, check_schema_name, check_time_zone

SECTIONS = ("customer", "people", "connections", "syncs", "maps", "retention")
NAME_LENGTH, KEY_LENGTH, VALUE_LENGTH = 80, 120, 200


@dataclass(frozen=True, slots=True)
class Stored:
    """A connection that the customer has already."""

    system: str
    environment: str
    credentials: Mapping[str, str] = field(repr=False)


Known = Mapping[str, Stored]


def schema_in(path: Path) -> str:
    """The schema name that a file is about, "" where it names none. Raises Problems for an unreadable file."""
    found = load(path)
    customer = found.get("customer") if isinstance(found, dict) else None
    return str(customer.get("schema", "")) if isinstance(customer, dict) else ""


def read(path: Path, known: Known, *, exists: bool = False) -> Wanted:
    """What the file asks for. Raises Problems with all of them.

    `known`: the connections that the customer has. `exists`: the customer is there, and its name and time zone may be
    left out.
    """
    problems = Problems()
    root = Node(load(path), "", problems, path.parent)
    root.members(SECTIONS)
    customer = _customer(root.child("customer"), exists)
    people = tuple(_person(node) for node in root.child("people").rows())
    accounts = tuple(_connection(node, name, known) for name, node in root.child("connections").items().items())
    both = {**known, **{each.name: Stored(each.system, each.environment, {}) for each in accounts}}
    syncs = tuple(_sync(node, flow, both) for flow, node in root.child("syncs").items().items())
    values = tuple(row for name, node in root.child("maps").items().items() for row in _values(node, name))
    kept = {data: days for data, node in root.child("retention").items().items() for days in _days(node, data)}
    _once(problems, "people", [person.email for person in people])
    problems.raise_any()
    return Wanted(customer, people, accounts, syncs, values, kept)


def _customer(node: Node, exists: bool) -> WantedCustomer:
    node.members(("schema", "name", "domain", "time_zone"))
    schema_name, zone = node.child("schema").text(required=True), node.child("time_zone").text(required=not exists)
    for name, value, check in (("schema", schema_name, check_schema_name), ("time_zone", zone, check_time_zone)):
        try:
            if value:
                check(value)
        except ValidationError as error:
            node.child(name).wrong(" ".join(error.messages))
    host = node.child("domain").text().lower()
    if host and not all(part and part.replace("-", "").isalnum() and part.isascii() for part in host.split(".")):
        node.child("domain").wrong("This is a host name alone, e.g. acme.example.com.")
    return WantedCustomer(schema_name, node.child("name").text(required=not exists), host, zone)


def _days(node: Node, data: str) -> Iterator[int | None]:
    """Nothing where it is wrong, which is noted."""
    days = None if node.value == "default" else node.value
    if days is not None and (isinstance(days, bool) or not isinstance(days, int)):
        node.wrong("This is a number of days, 0 for ever, or default.")
        return
    try:
        retention.check_days(data, days)
    except retention.BadDays as error:
        node.wrong(str(error))
        return
    yield days


def _person(node: Node) -> WantedPerson:
    node.members(("email", "name", "role", "password"))
    email = node.child("email").text(required=True).lower()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        node.child("email").wrong("This is no e-mail address.")
    password = node.child("password")
    role = node.child("role").text(required=True, choices=Role.values)
    return WantedPerson(email, node.child("name").text(), role, password.secret() if password else None)


def _connection(node: Node, name: str, known: Known) -> WantedConnection:
    node.members(("system", "environment", "base_url", "ca_bundle", "options", "credentials"))
    if len(name) > NAME_LENGTH:
        node.wrong(f"A name has at most {NAME_LENGTH} characters.")
    before = len(node.problems.lines)
    options = {key: option(child) for key, child in node.child("options").items().items()}
    secrets = {key: child.secret() or "" for key, child in node.child("credentials").items().items()}
    wanted = WantedConnection(
        name=name,
        system=node.child("system").text(required=True, choices=sorted(catalogue.systems())),
        environment=node.child("environment").text(required=True, choices=("sandbox", "production")),
        base_url=node.child("base_url").text(),
        ca_bundle=node.child("ca_bundle").text(),
        options=options,
        credentials=secrets if node.child("credentials") else None,
    )
    stored = known.get(name)
    for member in ("system", "environment"):
        if stored and getattr(stored, member) != getattr(wanted, member):
            node.child(member).wrong(f"The {member} of an existing connection never changes; add another connection.")
    if len(node.problems.lines) == before:
        _system_says(node, wanted, stored)
    return wanted


def _system_says(node: Node, wanted: WantedConnection, stored: Stored | None) -> None:
    """What the system's own settings say, and whether this installation may connect there."""
    system = connections.system_of(wanted.system)
    credentials = wanted.credentials if wanted.credentials is not None else stored.credentials if stored else {}
    settings = connections.complete(
        ConnectionSettings(
            id="",
            system=wanted.system,
            environment=_environment(wanted.environment),
            base_url=wanted.base_url,
            options=wanted.options,
            credentials=credentials,
        )
    )
    found = system.problems(settings)
    for name, sentence in found:
        section = node if name in ("base_url", "environment") else None
        if section is None:
            section = node.child("credentials" if name in system.CREDENTIALS else "options")
        section.child(name).wrong(sentence)
    if not found:
        _may_connect(node.child("base_url"), [system.base_url(settings)])
        _may_connect(node.child("options").child("token_url"), system.extra_hosts(settings))
        _readable(node.child("ca_bundle"), wanted.ca_bundle)


def _may_connect(node: Node, urls: Collection[str]) -> None:
    for url in urls:
        try:
            resolve(url, connections.policy())
        except Transient:
            continue  # a name that does not resolve just now is for the ping to tell
        except IntegrationError as error:
            node.wrong(error.message)


def _readable(node: Node, bundle: str) -> None:
    try:
        if bundle:
            tls_context(bundle)
    except IntegrationError as error:
        node.wrong(error.message)


def _environment(name: str) -> Environment:
    return "production" if name == "production" else "sandbox"


def _sync(node: Node, flow: str, known: Known) -> WantedSync:
    node.members(("source", "target", "schedule", "enabled", "options"))
    declared = catalogue.flows().get(flow)
    if declared is None:
        node.wrong(f"There is no flow of this name; there are {', '.join(sorted(catalogue.flows()))}.")
    ends = [
        _end(node.child(end), known, getattr(declared, f"{end}_system", "")) if declared else ""
        for end in ("source", "target")
    ]
    source, target = (known.get(end) for end in ends)
    if source and target and {source.environment, target.environment} == {"sandbox", "production"}:
        node.wrong(f"{ends[0]} is {source.environment} and {ends[1]} is {target.environment}: they never mix.")
    schedule = node.child("schedule")
    try:
        schedule_spec.parse(schedule.value)
    except ValueError as error:
        schedule.wrong(str(error))
    options = sync_options(node.child("options"), declared)
    return WantedSync(flow, ends[0], ends[1], schedule.value, node.child("enabled").flag(True), options)


def _end(node: Node, known: Known, system: str) -> str:
    """The name of a connection: the one that is named, else the only one of that system."""
    fitting = [name for name, stored in known.items() if stored.system == system]
    if node:
        return node.text(choices=fitting)
    if len(fitting) != 1:
        node.wrong(f"Name one of the connections to {system}: {', '.join(fitting) or 'there is none'}.")
        return ""
    return fitting[0]


def _values(node: Node, name: str) -> Iterator[WantedValue]:
    known = sorted({each for flow in catalogue.flows().values() for each in flow.maps})
    if name not in known:
        node.wrong(f"No flow asks this map; there are {', '.join(known)}.")
    node.members(("rows", "csv"))
    found = [*_inline(node.child("rows"), name), *_from_csv(node.child("csv"), name)]
    _once(node.problems, node.path, [row.key for row in found])
    yield from found


def _inline(node: Node, name: str) -> Iterator[WantedValue]:
    """Either `code: value` lines, or a list of {key, value, label}."""
    if isinstance(node.value, list):
        for row in node.rows():
            row.members(("key", "value", "label"))
            texts = [row.child(part).text(required=part != "label") for part in ("key", "value", "label")]
            yield _value(row, name, *texts)
    else:
        for key, child in node.items().items():
            yield _value(child, name, key, child.text(required=True), "")


def _from_csv(node: Node, name: str) -> Iterator[WantedValue]:
    """A CSV file in UTF-8 with the columns key, value and, if wanted, label; separated by commas or semicolons."""
    if not node:
        return
    try:
        text = node.beside(node.text()).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        node.wrong(f"The file {node.value} cannot be read as UTF-8.")
        return
    lines = csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    if not {"key", "value"} <= set(lines.fieldnames or ()):
        node.wrong("The first line names the columns: key, value and, if wanted, label.")
        return
    for row in lines:
        where = Node(row, f"{node.path}:{lines.line_num}", node.problems, Path())
        key, value, label = ((row.get(part) or "").strip() for part in ("key", "value", "label"))
        yield _value(where, name, key, value, label)


def _value(node: Node, name: str, key: str, value: str, label: str) -> WantedValue:
    if not key or not value:
        node.wrong("A row has a key and a value.")
    if problem := problem_with(key, exact=catalogue.is_exact(name)):
        node.wrong(problem)
    if len(key) > KEY_LENGTH or len(value) > VALUE_LENGTH or len(label) > VALUE_LENGTH:
        node.wrong(f"A key has at most {KEY_LENGTH}, a value and a label at most {VALUE_LENGTH} characters.")
    return WantedValue(name, key, value, label)


def _once(problems: Problems, path: str, keys: list[str]) -> None:
    for key in sorted(key for key, times in Counter(keys).items() if key and times > 1):
        problems.add(path, f"{key} stands there more than once.")
