"""Reading ``$filter`` and keys: text to a small tree. What the names mean is not decided here.

V2 literals carry their type (``datetime'...'``, ``datetimeoffset'...'``, ``time'PT...'``, ``guid'...'``, ``12.5M``),
V4 literals are bare. A literal of the wrong version is not readable.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from simulators.sap.declare import Version
from simulators.sap.problems import ODataError, bad_request
from simulators.sap.values import parse_duration, parse_ticks


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal. ``kind``: text, number, flag, date, day, stamp, time, guid or null."""

    kind: str
    value: str | Decimal | bool | date | time | int | None


@dataclass(frozen=True, slots=True)
class Name:
    """A property, or a path to one."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Binary:
    """``and``, ``or`` or a comparison."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Negation:
    """``not``."""

    inner: "Node"


@dataclass(frozen=True, slots=True)
class Quantifier:
    """``path/any(x:...)`` or ``path/all(x:...)`` of V4; ``inner`` is None for ``any()``."""

    path: tuple[str, ...]
    every: bool
    variable: str
    inner: "Node | None"


Node = Constant | Name | Call | Binary | Negation | Quantifier

_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_COMMON = [
    ("space", r"\s+"),
    ("text", r"'(?:[^']|'')*'"),
    ("mark", r"[(),:/=]"),
]
_V2 = [
    ("stamp", r"datetimeoffset'[^']*'"),
    ("date", r"datetime'[^']*'"),
    ("time", r"time'[^']*'"),
    ("guid", r"guid'[0-9a-fA-F-]{36}'"),
    ("number", r"-?\d+(?:\.\d+)?(?:[mMlLdDfF](?!\w))?(?![\w-])"),
]
_V4 = [
    ("guid", r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    ("stamp", r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)"),
    ("day", r"\d{4}-\d\d-\d\d(?![\dT])"),
    ("time", r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?"),
    ("number", r"-?\d+(?:\.\d+)?(?![\w-])"),
]
_WORD = ("word", r"[A-Za-z_][A-Za-z0-9_]*")


def _scanner(special: list[tuple[str, str]]) -> re.Pattern[str]:
    parts = [_COMMON[0], *special, *_COMMON[1:], _WORD]
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in parts))


_SCANNERS = {2: _scanner(_V2), 4: _scanner(_V4)}


def _quoted(text: str) -> str:
    return text[text.index("'") + 1 : -1]


def _v2_date(text: str) -> date:
    day, _, clock = _quoted(text).partition("T")
    if not re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d{1,7})?)?", clock):
        raise ValueError(text)
    return date.fromisoformat(day)


_CONSTANTS: dict[tuple[int, str], Callable[[str], Constant]] = {
    (2, "stamp"): lambda text: Constant("stamp", parse_ticks(_quoted(text))),
    (2, "date"): lambda text: Constant("date", _v2_date(text)),
    (2, "time"): lambda text: Constant("time", parse_duration(_quoted(text))),
    (2, "guid"): lambda text: Constant("guid", _quoted(text).lower()),
    (2, "number"): lambda text: Constant("number", Decimal(text.rstrip("mMlLdDfF"))),
    (4, "stamp"): lambda text: Constant("stamp", parse_ticks(text)),
    (4, "day"): lambda text: Constant("day", date.fromisoformat(text)),
    (4, "time"): lambda text: Constant("time", time.fromisoformat(text)),
    (4, "guid"): lambda text: Constant("guid", text.lower()),
    (4, "number"): lambda text: Constant("number", Decimal(text)),
}
_WORDS = {"true": Constant("flag", True), "false": Constant("flag", False), "null": Constant("null", None)}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str, version: Version) -> Iterator[_Token]:
    scanner, place = _SCANNERS[version], 0
    while place < len(text):
        match = scanner.match(text, place)
        if match is None:
            raise _unreadable(text, place)
        place = match.end()
        if match.lastgroup != "space":
            yield _Token(match.lastgroup or "", match[0])
    yield _Token("end", "")


def _unreadable(text: str, place: int) -> ODataError:
    return bad_request(
        f"Invalid token '{text[place : place + 20]}' at position '{place}'", "/IWCOR/CX_DS_EXPR_SYNTAX_ERROR"
    )


class _Reader:
    """Recursive descent: or, and, not, comparison, operand."""

    def __init__(self, text: str, version: Version) -> None:
        self.text = text
        self.version = version
        self.tokens = list(_tokens(text, version))
        self.place = 0

    def whole(self) -> Node:
        node = self.either()
        self.expect("")
        return node

    def peek(self) -> str:
        return self.tokens[self.place].text

    def accept(self, *words: str) -> str:
        token = self.tokens[self.place]
        if token.kind in ("word", "mark") and token.text in words:
            self.place += 1
            return token.text
        return ""

    def expect(self, text: str) -> None:
        if self.tokens[self.place].text != text:
            raise bad_request(f"Syntax error at '{self.peek()}' in '{self.text}'", "/IWCOR/CX_DS_EXPR_SYNTAX_ERROR")
        self.place += 1

    def either(self) -> Node:
        node = self.both()
        while self.accept("or"):
            node = Binary("or", node, self.both())
        return node

    def both(self) -> Node:
        node = self.negated()
        while self.accept("and"):
            node = Binary("and", node, self.negated())
        return node

    def negated(self) -> Node:
        return Negation(self.negated()) if self.accept("not") else self.compared()

    def compared(self) -> Node:
        left = self.operand()
        operator = self.accept(*_COMPARISONS)
        return Binary(operator, left, self.operand()) if operator else left

    def operand(self) -> Node:
        if self.accept("("):
            node = self.either()
            self.expect(")")
            return node
        token = self.tokens[self.place]
        self.place += 1
        if token.kind == "text":
            return Constant("text", _quoted(token.text).replace("''", "'"))
        if (self.version, token.kind) in _CONSTANTS:
            return self.constant(token)
        if token.kind != "word":
            raise bad_request(f"Syntax error at '{token.text}' in '{self.text}'", "/IWCOR/CX_DS_EXPR_SYNTAX_ERROR")
        return _WORDS[token.text] if token.text in _WORDS else self.named(token.text)

    def constant(self, token: _Token) -> Constant:
        try:
            return _CONSTANTS[self.version, token.kind](token.text)
        except ValueError:
            raise bad_request(f"Invalid literal {token.text}", "/IWCOR/CX_DS_EDM_FACET_ERROR") from None

    def named(self, first: str) -> Node:
        if self.accept("("):
            return Call(first, self.arguments())
        path = [first]
        while self.accept("/"):
            path.append(self.word())
            if path[-1] in ("any", "all") and self.accept("("):
                return self.quantifier(tuple(path[:-1]), every=path[-1] == "all")
        return Name(tuple(path))

    def word(self) -> str:
        token = self.tokens[self.place]
        if token.kind != "word":
            self.expect("a name")
        self.place += 1
        return token.text

    def arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self.accept(")"):
            if found:
                self.expect(",")
            found.append(self.either())
        return tuple(found)

    def quantifier(self, path: tuple[str, ...], *, every: bool) -> Node:
        if self.accept(")"):
            return Quantifier(path, every, "", None)
        variable = self.word()
        self.expect(":")
        inner = self.either()
        self.expect(")")
        return Quantifier(path, every, variable, inner)


def parse(text: str, version: Version) -> Node:
    """Read an expression. Raises ODataError (400) when it is not well formed in this version."""
    return _Reader(text, version).whole()


def parse_key(text: str, version: Version) -> dict[str, Constant]:
    """Read what stands between the brackets of a key; a single unnamed value is returned under ``""``."""
    reader = _Reader(text, version)
    found: dict[str, Constant] = {}
    while True:
        name = reader.word() if _named(text) else ""
        if name:
            reader.expect("=")
        value = reader.operand()
        if not isinstance(value, Constant):
            raise bad_request(f"Invalid key predicate: {text}", "/IWBEP/CM_MGW_RT/021")
        found[name] = value
        if not reader.accept(","):
            reader.expect("")
            return found


def _named(text: str) -> bool:
    return re.match(r"\s*[A-Za-z_]\w*\s*=", text) is not None
