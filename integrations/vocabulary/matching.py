"""Is this the same company? Exact, similar or not, by name, postal code and telephone number.

An exact match may be taken over without asking; a similar one is only ever a suggestion for a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from integrations.errors import NeedsPerson, Unmapped, map_key
from integrations.flow import Lookups

SIMILAR = 0.87
SIMILAR_NEARBY = 0.6
MOST_SIMILAR = 5
# Shorter numbers are extensions or mistakes; longer ones differ in the country code only.
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 10
_LEGAL_FORMS = {"ag", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "limited"}
_LEGAL_FORMS |= {"llc", "llp", "lp", "ltd", "plc", "sa", "sarl", "the"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a company is recognised by; unknown parts are empty."""

    name: str
    zip: str = ""
    phone: str = ""

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Identity:
        """From members named name, address (with zip) and phone, the last two optional."""
        return cls(members["name"], (members.get("address") or {}).get("zip") or "", members.get("phone") or "")


@dataclass(frozen=True, slots=True)
class Match:
    """Keys of the candidates that are the same company, and of those that may be (best first)."""

    exact: tuple[str, ...] = ()
    similar: tuple[str, ...] = ()


CREATE = "create"
"""A person's answer: none of the candidates, make a new one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record of the target. `claimed_by` is the source key it carries already, "" for none."""

    key: str
    identity: Identity
    claimed_by: str = ""

    def __str__(self) -> str:
        return f"{self.key}: {self.identity.name} {self.identity.zip}".rstrip()


def twin(
    source_key: str,
    wanted: Identity,
    candidates: Iterable[Candidate],
    value_map: str,
    answer: str,
    *,
    ask: bool = True,
) -> str:
    """The key of the candidate that is the same company, "" if there is none.

    Our own key on a candidate settles it, then a person's `answer` (a key, or "create"), then an exact match that
    nobody else has claimed. Where only a person can tell: Unmapped with suggestions, or "" if not to `ask`.
    """
    everyone = {candidate.key: candidate for candidate in candidates}.values()  # of two looks the later one counts
    ours = [candidate.key for candidate in everyone if candidate.claimed_by == source_key]
    if len(ours) > 1:
        raise NeedsPerson(f"{source_key} stands on several records: {', '.join(ours)}.", code="two-twins")
    free = {candidate.key: candidate for candidate in everyone if not candidate.claimed_by}
    if ours or answer == CREATE:
        return ours[0] if ours else ""
    if answer:
        return _answered(source_key, answer, free, value_map)
    found = match(wanted, ((candidate.key, candidate.identity) for candidate in free.values()))
    if len(found.exact) == 1:
        return found.exact[0]
    unsure = (*found.exact, *found.similar)
    if unsure and ask:
        raise Unmapped(
            f"{wanted.name} ({source_key}) looks like a record that is there already: take one over, or create it.",
            needs=map_key(value_map, source_key),
            suggestions=tuple(str(free[key]) for key in unsure),
            code="looks-alike",
        )
    return ""


def unclaimed(key: str, source_key: str, value_map: str, lookups: Lookups) -> str:
    """The twin, if no other record is linked to it or takes it over in the same batch. "" stays "".

    Raises Unmapped otherwise: two source records are the same company, and only one can have the target's.
    """
    if key and not lookups.claim(key):
        raise Unmapped(
            f"{source_key} is the same company as another record, which has taken {key} there: say {CREATE}, or which.",
            needs=map_key(value_map, source_key),
            code="claimed",
        )
    return key


def _answered(source_key: str, answer: str, free: dict[str, Candidate], value_map: str) -> str:
    if answer not in free:
        raise NeedsPerson(
            f'The {value_map} map says {answer} for {source_key}: not "{CREATE}", and no record that is free.',
            code="bad-answer",
        )
    return answer


def match(wanted: Identity, candidates: Iterable[tuple[str, Identity]]) -> Match:
    """Exact: the same normalised name, and the same postal code or telephone number."""
    exact: list[str] = []
    similar: list[tuple[float, str]] = []
    scorer = SequenceMatcher(autojunk=False)
    scorer.set_seq2(plain_name(wanted.name))
    for key, candidate in candidates:
        nearby = same_zip(wanted.zip, candidate.zip) or same_phone(wanted.phone, candidate.phone)
        if nearby and plain_name(wanted.name) == plain_name(candidate.name) != "":
            exact.append(key)
        elif score := _score(scorer, wanted, candidate, nearby):
            similar.append((-score, key))
    return Match(tuple(exact), tuple(key for _, key in sorted(similar)[:MOST_SIMILAR]))


def _score(scorer: SequenceMatcher[str], wanted: Identity, candidate: Identity, nearby: bool) -> float:
    """How alike the names are, 0 where not alike enough. Names that differ in a number are different names."""
    if same_phone(wanted.phone, candidate.phone):
        return 1.0
    ours, theirs = plain_name(wanted.name), plain_name(candidate.name)
    if _numbers(ours) != _numbers(theirs):
        return 0.0
    if nearby and _contains(ours, theirs):
        return SIMILAR
    least = SIMILAR_NEARBY if nearby else SIMILAR
    scorer.set_seq1(theirs)
    if scorer.real_quick_ratio() < least or scorer.quick_ratio() < least:
        return 0.0
    ratio = scorer.ratio()
    return ratio if ratio >= least else 0.0


@lru_cache(maxsize=65_536)
def plain_name(name: str) -> str:
    """A company's name without case, accents, punctuation and legal form: "acme pipe and supply"."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = re.findall(r"[^\W_]+", re.sub(r"['.’]", "", bare))
    return " ".join([word for word in words if word not in _LEGAL_FORMS] or words)


def digits(text: str) -> str:
    """Only the digits of a telephone number: the other system may format it."""
    return "".join(letter for letter in text if letter.isdecimal())


def same_phone(one: str, other: str) -> bool:
    """Whether two numbers are the same, with or without a country code."""
    left, right = digits(one)[-_LONGEST_PHONE:], digits(other)[-_LONGEST_PHONE:]
    return len(left) >= _SHORTEST_PHONE and left == right


def same_zip(one: str, other: str) -> bool:
    """Whether two postal codes are the same; of ZIP+4 only the first five digits count."""
    left, right = (re.sub(r"^(\d{5})-?\d{4}$", r"\1", "".join(code.casefold().split())) for code in (one, other))
    return bool(left) and left == right


def _contains(one: str, other: str) -> bool:
    ours, theirs = set(one.split()), set(other.split())
    return bool(ours and theirs) and (ours <= theirs or theirs <= ours)


@lru_cache(maxsize=65_536)
def _numbers(name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", name))
