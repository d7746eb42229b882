"""What people and the nightly check do to value maps: save a value, find that one has vanished. Through the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from integrations.engine import remapping
from integrations.engine.recording import wake
from integrations.engine.tables import tables
from integrations.engine.work import Schedule, ledger
from integrations.errors import Misconfigured, map_key
from integrations.mapping_rules import STAR, Table, is_rule, problem_with
from integrations.models import Delivery, ValueMap

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Given:
    """A row of a value map as somebody wants it. `key` is a code, a prefix ("10*") or "*"; `label` "": as it is."""

    map: str
    key: str
    value: str
    label: str = ""


def save_value(
    value_map: str, key: str, value: str, *, by: str, schedule: Schedule, now: datetime, label: str = ""
) -> int:
    """Maps a code, or by a rule many of them, to a value. See `save_values`."""
    return save_values([Given(value_map, key, value, label)], by=by, schedule=schedule, now=now)


def save_values(
    values: Collection[Given], *, by: str, schedule: Schedule, now: datetime, send_again: bool = True
) -> int:
    """Saves all of them in one transaction: wakes what waited, sends again what was written under another value.

    Returns how many deliveries go on because of it. Without `send_again` what was written stays as it was until it
    changes, or `remapping` sends it. Raises Misconfigured for a malformed rule. Whether a value exists in the system
    that it names is not checked here: see `reference_data.save_values`.
    """
    with ledger():
        return sum(_save(given, by=by, schedule=schedule, now=now, send_again=send_again) for given in values)


def remove_values(
    value_map: str,
    keys: Collection[str],
    *,
    by: str,
    schedule: Schedule,
    now: datetime,
    send_again: bool = True,
) -> int:
    """Removes rows of a map in one transaction; keys that it does not have are left alone.

    What was written under a row that goes, and is answered otherwise by a rule that stays, is sent again (unless
    `send_again` says no); returns how many. What nothing answers any more stays as it was written, and asks when it
    changes next.
    """
    with ledger():
        rows = ValueMap.objects.filter(map=value_map, key__in=keys)
        gone = [row.key for row in rows]
        rows.delete()
        if not gone or not send_again:
            return 0
        table = tables([value_map])[value_map]
        return remapping.send_again(value_map, gone, table, by=by, schedule=schedule, now=now)


def found_missing(
    missing: Collection[Given], present: Collection[Given], *, schedule: Schedule, now: datetime
) -> tuple[list[ValueMap], list[ValueMap]]:
    """Notes which values are no longer there, and which are back; a row that was changed meanwhile is left alone.

    What would use a vanished value is quarantined when it is planned next, and woken by a new value or the old one's
    return. Returns the rows that have vanished and those that are back since the last look.
    """
    with ledger():
        vanished = [row for row in _rows_of(missing) if row.missing_since is None]
        back = [row for row in _rows_of(present) if row.missing_since is not None]
        ValueMap.objects.filter(pk__in=[row.pk for row in vanished]).update(missing_since=now)
        ValueMap.objects.filter(pk__in=[row.pk for row in back]).update(missing_since=None)
        for row in back:
            _wake(row.map, row.key, tables([row.map])[row.map], schedule, now)
        return vanished, back


def _rows_of(values: Collection[Given]) -> list[ValueMap]:
    """The stored rows that still say what was looked at."""
    wanted = {(given.map, given.key): given.value for given in values}
    rows = ValueMap.objects.filter(map__in={name for name, _ in wanted})
    return [row for row in rows if wanted.get((row.map, row.key)) == row.value]


def _save(given: Given, *, by: str, schedule: Schedule, now: datetime, send_again: bool) -> int:
    if problem := problem_with(given.key):
        raise Misconfigured(f"{given.map}: {problem}", code="bad-rule")
    first = {"value": given.value, "label": given.label, "updated_by": by}
    row, created = ValueMap.objects.get_or_create(map=given.map, key=given.key, defaults=first)
    same = row.value == given.value and row.missing_since is None
    if not created and same and given.label in ("", row.label):
        return 0
    row.value, row.updated_by, row.label, row.missing_since = given.value, by, given.label or row.label, None
    row.save()
    if not created and same:
        return 0
    table = tables([given.map])[given.map]
    woken = _wake(given.map, given.key, table, schedule, now)
    if not send_again:
        return woken
    return woken + remapping.send_again(given.map, [given.key], table, by=by, schedule=schedule, now=now)


def _wake(value_map: str, key: str, table: Table, schedule: Schedule, now: datetime) -> int:
    """Wakes what waits for a code that this row now answers."""
    if not is_rule(key):
        return wake([map_key(value_map, key)], schedule=schedule, now=now)
    start = map_key(value_map, key.removesuffix(STAR))
    waiting = Delivery.objects.filter(needs__startswith=start, state__in=[State.WAITING, State.QUARANTINED])
    needs = set(waiting.order_by().values_list("needs", flat=True).distinct())
    answered = {each for each in needs if _answers(table, each.removeprefix(map_key(value_map, "")), key)}
    return wake(answered, schedule=schedule, now=now)


def _answers(table: Table, code: str, key: str) -> bool:
    entry = table.find(code)
    return entry is not None and entry.key == key
