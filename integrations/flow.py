"""What a flow states: the contract between a file in `flows/`, a folder in `systems/` and the engine.

A flow moves one business object in one direction. It states facts and maps records; it does no I/O, knows no
Django and decides nothing about retries. The engine runs it:

    reader.pages -> Delivery -> flow.record -> flow.plan -> writer.send -> writer.fetch -> flow.observe -> Link

Rows are JSON objects: numbers with a fraction arrive as `Decimal` or as decimal strings, never as floats.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from integrations.errors import IntegrationError, Misconfigured

Row = Mapping[str, Any]
Cursor = dict[str, Any]
Choices = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """One version of one source record, as read.

    `stamp` is the source's own change stamp, kept as the source wrote it ("" where it has none). `row` is
    normalised by the reader: one shape for every dialect, decimals and dates as strings, no bank data.
    """

    key: str
    stamp: str
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of changes and the cursor that is right once they are saved. `more`: another page follows.

    `whole`: it is of a read of everything, not of what has changed lately, and so in no hurry.
    """

    changes: tuple[Change, ...]
    cursor: Cursor
    more: bool = False
    whole: bool = False


class Reader(Protocol):
    """Reads the changes of one object at the source. `client` is the system's own client.

    The cursor is opaque to the engine: {} means that nothing was ever read. `overlap` (seconds) is how far
    behind the watermark to look again; `full` asks for a bounded re-read of everything besides the delta.
    """

    def pages(self, client: Any, cursor: Cursor, *, overlap: float, full: bool = False) -> Iterator[Page]: ...

    def fetch(self, client: Any, keys: Sequence[str]) -> dict[str, Change]:
        """Reads these records again; a key that is absent from the answer does not exist there."""
        ...

    def seconds_behind(self, stamp: str, cursor: Cursor) -> float:
        """How many seconds `stamp` lies behind the cursor's watermark (0 or less: it does not)."""
        ...


@dataclass(frozen=True, slots=True)
class Write:
    """One write to the target.

    `action` is a word of the writer's ("create", "patch", "cancel"). `key` is the target key, "" for a create.
    `marker` is what the record can be found by again after a lost answer; "" where the state itself can be
    compared. `expect` is what `flow.observe` must return for these members once the write has happened.

    `part` names one of several target records of one source record (a receipt per order); each part has a link
    and a marker of its own, see `Situation.part`. `side` "source" is an answer to the record's own system
    (approve, reject), written by `flow.source_writer`, compared by `flow.observe_source` and never linked.
    """

    action: str
    key: str
    body: dict[str, Any]
    expect: dict[str, Any]
    marker: str = ""
    part: str = ""
    side: Literal["target", "source"] = "target"


class Writer(Protocol):
    """Writes one object of the target and finds it again."""

    def key(self, row: Row) -> str:
        """The target key of a row."""
        ...

    def fetch(self, client: Any, keys: Sequence[str]) -> dict[str, Row]:
        """Current rows by target key; what is absent is (not yet) visible there."""
        ...

    def send(self, client: Any, write: Write) -> Sent: ...

    def find(self, client: Any, markers: Collection[str], since: datetime) -> dict[str, list[Row]]:
        """Rows by marker, created at or after `since`. Every row is compared, whatever the filter promised."""
        ...

    def directory(self, client: Any) -> list[Row]:
        """All rows of the object, active or not; for matching before a create."""
        ...


@runtime_checkable
class BatchWriter(Protocol):
    """A writer that can send several writes of one action in one call; each of them is answered on its own."""

    at_once: int

    def send_all(self, client: Any, writes: Sequence[Write]) -> Sequence[Sent | IntegrationError]:
        """The answer to each write, in their order. Raises what holds for all of them."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A clear answer to a write: the target's key, and the exchange for the audit (`integrations.http.Exchange`)."""

    key: str
    exchange: Any


@dataclass(frozen=True, slots=True)
class Want:
    """What a record refers to, read ahead for a whole batch.

    A row of the target's reference data, e.g. Want("job", "2117"), or a link of another flow, e.g. Want("link:vendors",
    "17300001"), or who leads to a target record, e.g. Want("linked-to:purchase-orders", "4500001234"). `fresh` rows are
    never taken from the cache. A kind that begins with SOURCE is asked of the record's own system, always fresh. `via`:
    the key is a source key of that flow, whose link names the row; `mapped`: a code of that map, whose value does.
    """

    kind: str
    key: str
    fresh: bool = False
    via: str = ""
    mapped: str = ""


SOURCE = "source:"
"""Prefix of a kind of rows that the record's own system answers, e.g. "source:invoices-alike"."""


class Lookups(Protocol):
    """What a flow may ask while it maps. Everything asked is kept beside the step, for the audit."""

    def linked(self, flow: str, source_key: str) -> str:
        """The target key that a source record became. Raises NotReady."""

    def lines(self, flow: str, source_key: str) -> Mapping[str, str]:
        """Source line to target line id, of a link. Raises NotReady, or Awaiting until it was read back."""

    def sources(self, flow: str, target_key: str) -> tuple[str, ...]:
        """The source keys that are linked to a target record, in order; read from the ledger just now."""

    def source_of(self, flow: str, target_key: str) -> str:
        """The source key that a target record is linked to. Raises NotReady, NeedsPerson where there are several."""

    def sender(self, flow: str, marker: str) -> str:
        """The source key of the record of which a write bears this marker, sent or about to be; "" for none."""

    def in_question(self, flow: str) -> bool:
        """Whether there are writes of that flow of which nobody knows yet what became of them. A Want
        "in-question:<flow>" asks it ahead, before `sources` are read, so that one of both tells of each."""

    def codes_for(self, value_map: str, value: str) -> tuple[str, ...]:
        """The codes that the customer has mapped to a value, in order: the map read backwards."""

    def mapped(self, value_map: str, key: str, *, label: str = "") -> str:
        """The customer's value for a code. Raises Unmapped. `label` helps the person who has to map it."""

    def mapped_or(self, value_map: str, key: str, default: str) -> str: ...

    def claim(self, target_key: str) -> bool:
        """Whether this record may take over that target record: no link of this flow points at it, and no other
        record of the batch has claimed it before."""

    def reference(self, kind: str, key: str, *, fresh: bool = False) -> Row | None:
        """A row of the target's reference data (business-unit, job, ...) or None where it does not exist.

        `fresh`: read just now, for rows that change with every booking (receipts, bills, orders).
        """

    def why_not(self, flow: str, source_key: str) -> str:
        """Why nothing will come of a record of another flow (not transferable, dismissed); "" while something may.

        Whoever waits for its link and has asked this is planned again once it is refused.
        """

    def known(self, flow: str, source_key: str) -> Known:
        """What the ledger holds of a record of another flow; read from the ledger just now."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The link of this record: its target key, what was observed there after our last write, and the line
    crosswalk (source line to target line id). `generation` counts re-creations."""

    target_key: str
    observed: Mapping[str, Any]
    lines: Mapping[str, str]
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds of a record: the links of its parts by name, the record itself being the part "".

    `state`, `code` and `reason` are those of a delivery that has not come to its end; "" where there is none.
    """

    parts: Mapping[str, Linked] = field(default_factory=dict)
    state: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A write that this delivery has already made, read back and closed."""

    action: str
    key: str
    part: str


@dataclass(frozen=True, slots=True)
class Part:
    """One of several target records of one source record: its marker, its link and its row as read just now."""

    marker: str
    linked: Linked | None = None
    current: Row | None = None


@dataclass(frozen=True, slots=True)
class Bond:
    """A link of another flow that this plan has come to know, e.g. the order that appeared for a request.

    With `observed` the link remembers these members as what was agreed on; without, it keeps what it remembers.
    """

    flow: str
    source_key: str
    target_key: str
    lines: Mapping[str, str] = field(default_factory=dict)
    observed: Mapping[str, Any] | None = None


def no_part(name: str) -> Part:
    """What `Situation.part` is for flows whose records have one target record each."""
    raise LookupError(f"This flow has no parts, but asked for {name}.")


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a plan depends on besides the record. `current` is the target's row, read just now.

    `marker` is for a create in this situation, `next_marker` for one after a cancellation in the same plan (the next
    generation). `candidates`: the rows of the target's directory (with `match_before_create`, while there is no link).
    `done`: the writes this delivery has made (with `sees_done`); `part(name)`: one of several target records, `parts`:
    the names of those that are linked (with `has_parts`). `waited`: how many seconds ago the delivery was made;
    `refused`: the words of a refusal just now (with `sees_refusals`). `left_behind()`: whether the record came with a
    read of everything and has been left out ever since. `lost`: see `engine.recovering.not_found_again`.
    """

    lookups: Lookups
    options: Mapping[str, Any]
    marker: str
    linked: Linked | None = None
    current: Row | None = None
    candidates: Sequence[Row] = ()
    next_marker: str = ""
    done: Sequence[Done] = ()
    part: Callable[[str], Part] = no_part
    parts: Sequence[str] = ()
    waited: float = 0.0
    lost: bool = False
    refused: str = ""
    left_behind: Callable[[], bool] = bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The writes a record needs, in order. No writes: the target is already as it should be.

    `adopt` is the key of an existing target record that is taken over as it is (matched before create).
    `links` are links of other flows that are made when the plan is accepted, before its writes.
    `notes` are sentences for the audit: remainders, overwritten edits, shares. `then`: what happens next although
    nothing has to be written, once links and notes are kept: Awaiting, or a person is needed. `wakes`: the wake keys
    of what waits until nothing is left to write.
    """

    writes: tuple[Write, ...] = ()
    adopt: str = ""
    links: tuple[Bond, ...] = ()
    notes: tuple[str, ...] = field(default=())
    then: IntegrationError | None = None
    wakes: tuple[str, ...] = ()


def check_choices(options: Mapping[str, Any], choices: Choices) -> None:
    """Raises Misconfigured for the first option that is none of its choices."""
    for name, allowed in choices.items():
        if options[name] not in allowed:
            raise Misconfigured(
                f'The option {name} is "{options[name]}": choose {" or ".join(allowed)}.', code="bad-option"
            )


class Flow(Protocol):
    """One business object in one direction. Flows inherit this class, for the members that have a default.

    `needs` names the flows whose links this one waits for. `maps` names the value maps it asks. `options`
    are its options with their defaults. `service` is the SAP service or ServiceTitan scope it reads, for
    messages. `match_before_create`: the engine hands over the target's directory before a create. A flow may
    state `choices`, the allowed values of options that are a choice, and `tables`, the entries and values of options
    that are a table. `agrees_on` names options that another flow must have alike, once both are switched on.

    `has_parts`, `sees_done`: whether plans ask for `Situation.part` and `Situation.done`. `sees_refusals`: a create
    that the target refuses is not a person's at once, the plan decides by `Situation.refused`. A flow that `keeps` a
    read model of that name has its rows kept as they are read, and writes nothing unless it `delivers` as well. Links
    of other flows to its rows remember what `observe` showed of them: whoever agreed on that is planned again when it
    shows something else.

    `map_kinds` says which reference kind the values of a map name: these are checked against the live system when
    they are saved and every night. `map_words` are values of such a map that are words of ours instead ("create").
    `exact_maps` are maps whose keys are always taken literally, so that no row of them is a rule ("10*", "*").
    """

    name: str
    title: str
    service: str
    source_system: str
    target_system: str
    reader: Reader
    writer: Writer
    needs: tuple[str, ...]
    maps: tuple[str, ...]
    options: Mapping[str, Any]
    match_before_create: bool = False
    has_parts: bool = False
    sees_done: bool = False
    sees_refusals: bool = False
    keeps: str = ""
    source_writer: Writer | None = None
    map_kinds: Mapping[str, str] = {}
    map_words: Mapping[str, tuple[str, ...]] = {}
    exact_maps: tuple[str, ...] = ()
    choices: Choices = {}
    tables: Mapping[str, Choices] = {}
    agrees_on: Mapping[str, str] = {}

    def record(self, row: Row) -> Any:
        """The canonical record of a source row. Raises NotTransferable and Rejected for rows it cannot take."""
        ...

    def wants(self, record: Any, options: Mapping[str, Any]) -> tuple[Want, ...]: ...

    def plan(self, record: Any, situation: Situation) -> Plan: ...

    def observe(self, row: Row) -> dict[str, Any]:
        """The members we own of a target row, normalised, without write-only ones."""
        ...

    def delivers(self, options: Mapping[str, Any]) -> bool:
        """Whether changes have to be delivered, with these options of the customer."""
        return not self.keeps

    def observe_source(self, row: Row) -> dict[str, Any]:
        """The members of a source row that writes with `side` "source" change."""
        return {}

    def is_gone(self, row: Row) -> bool:
        """Whether a target row is cancelled for good, so that a living record has to be created again."""
        ...

    def lines(self, row: Row) -> dict[str, str]:
        """Source line to target line id, learned from a target row as read back."""
        ...

    def label(self, record: Any) -> str:
        """A few words for people, e.g. "SAP order 4500001234 to ACME Pipe & Supply"."""
        ...
