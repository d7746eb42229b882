"""Brings a customer to what a checked file asks for, and says what changed. What the file leaves out stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from integrations import audit, catalogue, connections, retention, schedule_spec, steering
from integrations.apply.told import Change, creation, map_rows, record, set_members
from integrations.apply.wanted import Wanted, WantedConnection, WantedCustomer, WantedPerson, WantedSync, WantedValue
from integrations.engine import save_value
from integrations.fields import reveal
from integrations.models import Connection, Delivery, Sync, ValueMap
from integrations.restoring import note_on_new
from integrations.running import CustomerSchedule
from tenants import servicetitan_tenants
from tenants.models import Customer, Domain, Membership, Person
from tenants.provision import create_customer
from tenants.schema import within

BY = "apply"


def change(wanted: Wanted, *, now: datetime) -> list[Change]:
    """Makes the changes in the transaction of the caller. Raises CustomerExists for a host that is taken."""
    customer, changes = _customer(wanted.customer)
    changes += [each for person in wanted.people for each in _person(person, customer)]
    with within(customer):
        changes += [each for account in wanted.connections for each in _connection(account, customer, now)]
        changes += [each for sync in _in_order(wanted.syncs) for each in _sync(sync, customer, now)]
        changes += _values(wanted.values, customer, now)
        record(changes, audit.command("apply"))
        changes += _retention(wanted.retention)
    return changes


def _retention(wanted: Mapping[str, int | None]) -> Iterator[Change]:
    """Days by class of data; the audit's event is written where they are set."""
    for data, days in wanted.items():
        before = retention.days_of()[data]
        retention.set_days(data, days, actor=audit.command("apply"))
        after = retention.days_of()[data]
        if after != before:
            yield Change(f"retention {data}", f"days changed from {before} to {after}")


def _customer(wanted: WantedCustomer) -> tuple[Customer, list[Change]]:
    where = f"customer {wanted.schema_name}"
    found = Customer.objects.filter(schema_name=wanted.schema_name).first()
    if found is None:
        made = create_customer(
            schema_name=wanted.schema_name, name=wanted.name, time_zone=wanted.time_zone, host=wanted.host
        )
        return made, [creation(where, "", name=wanted.name, time_zone=wanted.time_zone)]
    members = {"name": wanted.name or found.name, "time_zone": wanted.time_zone or found.time_zone}
    changes = list(set_members(found, where, members))
    if changes:
        found.save()
    primary = Domain.objects.get(tenant=found, is_primary=True)
    moved = list(set_members(primary, where, {"domain": wanted.host or primary.domain}))
    if moved:
        primary.save()
    return found, changes + moved


def _person(wanted: WantedPerson, customer: Customer) -> Iterator[Change]:
    """A person who exists keeps name and password: they may belong to other customers as well."""
    where = f"person {wanted.email}"
    person = Person.objects.filter(email=wanted.email).first()
    if person is None:
        person = Person.objects.create_user(wanted.email, wanted.password, name=wanted.name)
        yield Change(
            where, "created" + ("" if wanted.password else ", without a password yet"), str(person.pk), "created"
        )
    member, created = Membership.objects.get_or_create(customer=customer, person=person, defaults={"role": wanted.role})
    if created:
        yield Change(where, f"is now {wanted.role}", str(person.pk), "joined", {"role": wanted.role})
    else:
        changes = list(set_members(member, where, {"role": wanted.role}, str(person.pk)))
        if changes:
            member.save()
        yield from changes


def _connection(wanted: WantedConnection, customer: Customer, now: datetime) -> Iterator[Change]:
    where = f"connection {wanted.name}"
    row = Connection.objects.filter(name=wanted.name).first()
    if row is None:
        row = Connection(name=wanted.name, system=wanted.system, environment=wanted.environment)
        row.base_url, row.ca_bundle, row.options = wanted.base_url, wanted.ca_bundle, dict(wanted.options)
        connections.replace_credentials(row, wanted.credentials or {}, customer, now=now)
        told = {"system": row.system, "environment": row.environment, "base_url": row.base_url, "options": row.options}
        yield creation(where, str(row.pk), **told, credentials=sorted(wanted.credentials or {}))
        return
    tenant = row.options.get("servicetitan_tenant_id")
    members = {"base_url": wanted.base_url, "ca_bundle": wanted.ca_bundle, "options": dict(wanted.options)}
    changes = list(set_members(row, where, members, str(row.pk)))
    if changes:
        connections.forget_token(row)
        row.save()
    if row.options.get("servicetitan_tenant_id") != tenant:  # the new one is not proven yet
        servicetitan_tenants.forget(connection_id=row.pk, customer_id=customer.pk)
    yield from changes
    stored = reveal(row.credentials) or {}
    if wanted.credentials is not None and wanted.credentials != stored:
        names = sorted(
            name for name in {*stored, *wanted.credentials} if stored.get(name) != wanted.credentials.get(name)
        )
        connections.replace_credentials(row, wanted.credentials, customer, now=now)
        detail = dict.fromkeys(names, "changed")
        yield Change(where, f"credentials replaced ({', '.join(names)})", str(row.pk), "credentials-changed", detail)


def _in_order(syncs: tuple[WantedSync, ...]) -> list[WantedSync]:
    order = catalogue.in_order(sync.flow for sync in syncs)
    return sorted(syncs, key=lambda sync: order.index(sync.flow))


def _sync(wanted: WantedSync, customer: Customer, now: datetime) -> Iterator[Change]:
    where = f"sync {wanted.flow}"
    ends = {"source": Connection.objects.get(name=wanted.source), "target": Connection.objects.get(name=wanted.target)}
    members = {**ends, "schedule": dict(wanted.schedule), "enabled": wanted.enabled, "options": dict(wanted.options)}
    row = Sync.objects.select_related("source", "target").filter(flow=wanted.flow).first()
    if row is None:
        row = Sync(flow=wanted.flow, **members)
        note_on_new(row, customer)
        row.save(force_insert=True)
        detail = {**members, "source": wanted.source, "target": wanted.target}
        words = f"created, {schedule_spec.in_words(wanted.schedule)}"
        changes = [Change(where, words, str(row.pk), "created", detail)]
    else:
        changes = list(set_members(row, where, members, str(row.pk)))
        if changes:
            row.save(update_fields=list(members))
    if changes:
        steering.set_due(row, customer, now)
    yield from changes


def _values(wanted: tuple[WantedValue, ...], customer: Customer, now: datetime) -> list[Change]:
    stored = {(row.map, row.key): row for row in ValueMap.objects.all()}
    new = [each for each in wanted if (each.map, each.key) not in stored]
    known = [(each, stored[each.map, each.key]) for each in wanted if (each.map, each.key) in stored]
    other = [each for each, row in known if _differs(each, row)]
    if not Delivery.objects.exists():  # nothing waits and nothing was written: no need to look at each row
        ValueMap.objects.bulk_create(
            ValueMap(map=each.map, key=each.key, value=each.value, label=each.label, updated_by=BY) for each in new
        )
    else:
        _save(new, customer, now)
    _save(other, customer, now)
    before = {key: row.value for key, row in stored.items()}
    return [*_counted(new, "added", before), *_counted(other, "changed", before)]


def _save(values: list[WantedValue], customer: Customer, now: datetime) -> None:
    plan = CustomerSchedule(customer.pk)
    for each in values:
        save_value(each.map, each.key, each.value, by=BY, schedule=plan, now=now, label=each.label)
        if each.label:
            ValueMap.objects.filter(map=each.map, key=each.key).update(label=each.label)


def _differs(wanted: WantedValue, row: ValueMap) -> bool:
    return row.value != wanted.value or (bool(wanted.label) and row.label != wanted.label)


def _counted(values: list[WantedValue], word: str, before: dict[tuple[str, str], str]) -> Iterator[Change]:
    for name in sorted({each.map for each in values}):
        rows = {each.key: (before.get((name, each.key)), each.value) for each in values if each.map == name}
        yield from map_rows(name, word, rows)
