"""A YAML file, read so that nothing in it is lost or misread, and a cursor that notes every problem with its path.

Plain YAML turns 0010 into 8, 06:30 into 390 and `no` into false, and forgets the first of two equal keys. Here only
true, false, null and plain numbers are anything but text, and a key that comes twice is a problem.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FRACTION = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
LARGEST_FILE = 10 * 1024 * 1024


class Problems(Exception):
    """Everything that is wrong with a file: one line per problem, `path: sentence`."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def add(self, path: str, sentence: str) -> None:
        """Notes a problem. The sentence must not contain a secret."""
        self.lines.append(f"{path}: {sentence}" if path else sentence)

    def raise_any(self) -> None:
        """Raises itself if there is at least one."""
        if self.lines:
            raise self

    def __str__(self) -> str:
        return "\n".join(self.lines)


DEEPEST = 30
"""Mappings and lists within each other."""


class _Loader(yaml.SafeLoader):
    """YAML with the few types named above."""

    yaml_implicit_resolvers: dict[Any, Any] = {}

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """One node, unless it is nested too deeply: what reads it calls itself for every level."""
        if self._depth > DEEPEST:
            raise yaml.YAMLError
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is a word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands there twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", re.compile(r"true|false"), "tf"),
    ("tag:yaml.org,2002:null", re.compile(r"null|~|"), ["n", "~", ""]),
    ("tag:yaml.org,2002:int", re.compile(rf"(?:{_INTEGER.pattern})\Z"), "-0123456789"),
    ("tag:yaml.org,2002:float", re.compile(rf"(?:{_FRACTION.pattern})\Z"), "-0123456789"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern.pattern})\Z"), list(_first))


def load(path: Path) -> Any:
    """The file's content. Raises Problems with the line number."""
    problems = Problems()
    try:
        if path.stat().st_size > LARGEST_FILE:
            problems.add("", f"{path} is larger than {LARGEST_FILE} bytes.")
            raise problems
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader with fewer types
    except (OSError, UnicodeDecodeError) as error:
        problems.add("", f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}.")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        problems.add("", f"line {line}: {error.problem or 'not readable as YAML'}.")
    except (yaml.YAMLError, ValueError, RecursionError):
        problems.add("", "The file is not readable as YAML.")
    raise problems


class Node:
    """A value in the file, with its path. A wrong value is noted and read as its default, so reading goes on."""

    def __init__(self, value: Any, path: str, problems: Problems, folder: Path) -> None:
        self.value = value
        self.path = path
        self.problems = problems
        self._folder = folder

    def wrong(self, sentence: str) -> None:
        """Notes a problem with this value."""
        self.problems.add(self.path, sentence)

    def child(self, key: str) -> Node:
        """The value below a key; None where it is absent."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return Node(found, f"{self.path}.{key}" if self.path else key, self.problems, self._folder)

    def __bool__(self) -> bool:
        return self.value is not None

    def members(self, known: Collection[str]) -> None:
        """Notes what is no mapping, and each key that nothing reads."""
        for key in self.items():
            if key not in known:
                self.child(key).wrong(f"There is no such entry here; there are {', '.join(known)}.")

    def items(self) -> dict[str, Node]:
        """The entries of a mapping by their keys, which are text."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            self.wrong("This has to be a mapping.")
            return {}
        # A whole number as a key is written exactly as it is shown: one with leading zeros was read as text.
        self.value = {str(key): value for key, value in self.value.items()}
        return {key: self.child(key) for key in self.value}

    def rows(self) -> Iterator[Node]:
        """The entries of a list."""
        if self.value is not None and not isinstance(self.value, list):
            self.wrong("This has to be a list.")
            return
        for number, value in enumerate(self.value or [], start=1):
            yield Node(value, f"{self.path}[{number}]", self.problems, self._folder)

    def text(self, default: str = "", *, required: bool = False, choices: Collection[str] = ()) -> str:
        """A text, or a reference to one: `{env: NAME}` or `{file: path}`."""
        if self.value is None:
            if required:
                self.wrong("This is missing.")
            return default
        value = self.resolved() if isinstance(self.value, dict) else self.value
        if isinstance(value, bool | list) or value is None:
            if not isinstance(self.value, dict):
                self.wrong("This has to be a text.")
            return default
        if choices and str(value) not in choices:
            self.wrong(f"This is one of {', '.join(choices)}.")
            return default
        return str(value).strip()

    def flag(self, default: bool) -> bool:
        """true or false."""
        if isinstance(self.value, bool):
            return self.value
        if self.value is not None:
            self.wrong("This is true or false.")
        return default

    def secret(self) -> str | None:
        """A secret, which the file only refers to. None, with a problem noted, where it cannot be had."""
        if isinstance(self.value, dict):
            return self.resolved()
        self.wrong("A secret is not written into this file. Write {env: NAME} or {file: path}.")
        return None

    def resolved(self) -> str | None:
        """What `{env: NAME}` or `{file: path}` stands for, with `append` behind it; None if it is not there."""
        known = {"env", "file", "append"}
        if not set(self.value) <= known or len({"env", "file"} & set(self.value)) != 1:
            self.wrong("A reference is {env: NAME} or {file: path}, if need be with append.")
            return None
        found = self._variable(str(self.value["env"])) if "env" in self.value else self._file(str(self.value["file"]))
        return None if found is None else found + str(self.value.get("append", ""))

    def beside(self, name: str) -> Path:
        """A file that is named relative to this one."""
        return self._folder / name

    def _variable(self, name: str) -> str | None:
        found = os.environ.get(name, "").strip()
        if not found:
            self.wrong(f"The environment variable {name} is not set.")
        return found or None

    def _file(self, name: str) -> str | None:
        try:
            found = self.beside(name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.wrong(f"The file {name} cannot be read.")
            return None
        if not found:
            self.wrong(f"The file {name} is empty.")
        return found or None
