"""Every pattern of the program, and strings that are made to keep a pattern busy.

A pattern's own form tells what hurts it: whatever it repeats, after what leads there, repeated for
long and ended by what it does not want. Patterns are run as the code runs them.
"""

from __future__ import annotations

import ast
import importlib
import random
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, TypeAlias

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (ROOT / "src" / "mehealth_rag", ROOT / "ui" / "mehealth_ui")
_METHODS = frozenset({"search", "match", "fullmatch", "finditer", "findall", "sub", "split"})
_WHOLE = frozenset({"finditer", "findall", "sub", "split"})
_ENDS = ("", "!", "\x00", "\n")
_CHARACTERS = "aAzZ1 \n\t-.,;:!?'’\"()[]{}<>/\\|&*#_=+%£$é–—•…@~\x00"
_PUMPS = (
    *_CHARACTERS,
    "a ", "A ", "Aa ", "1 ", "1,", "1.", "a-", "a.", "A. ", "a, ", "and ", "one and ", "(a", "\n ",
    "- ", "a\n", "1\n", "[a", "[1] ", "** ", "a1", "$1", " .", ". .", "a@", "a@a.", "http://", "1/",
    " a\n", "Aa of ", "A1,", "it ", "Dr ", "Al Al, ",
)  # fmt: skip
_MOST = 150
"""Strings tried on one pattern, chosen once and for all."""


Tree: TypeAlias = Any
"""A pattern as `re` takes it apart, or a part of it."""


class TooLongError(Exception):
    """A pattern was stopped."""


@dataclass(frozen=True)
class Found:
    """A pattern with the names that it goes by and the methods that are called on it."""

    pattern: re.Pattern[Any]
    names: tuple[str, ...]
    methods: frozenset[str]

    def run(self, text: str) -> None:
        given = text if isinstance(self.pattern.pattern, str) else text.encode()
        for method in self.methods:
            if method in _WHOLE:
                for _ in self.pattern.finditer(given):
                    pass
            else:
                getattr(self.pattern, method)(given)


def modules() -> tuple[str, ...]:
    """The names of the program's modules."""
    found = []
    for package in PACKAGES:
        for path in sorted(package.rglob("*.py")):
            *folders, name = path.relative_to(package.parent).with_suffix("").parts
            if name != "__main__":
                found.append(".".join([*folders] if name == "__init__" else [*folders, name]))
    return tuple(found)


def patterns(module: str) -> tuple[Found, ...]:
    """The patterns that a module compiles, and those that it writes where they are used."""
    loaded = importlib.import_module(module)
    assert loaded.__file__ is not None
    tree = ast.parse(Path(loaded.__file__).read_text(encoding="utf-8"))
    used: dict[str, set[str]] = {}
    found: dict[tuple[Any, int], tuple[re.Pattern[Any], set[str], set[str]]] = {}

    def add(pattern: re.Pattern[Any], name: str, methods: set[str]) -> None:
        key = (pattern.pattern, pattern.flags)
        _, names, known = found.setdefault(key, (pattern, set(), set()))
        names.add(f"{module.partition('.')[2]}:{name}")
        known.update(methods)

    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.setdefault(node.value.id, set()).update({node.attr} & _METHODS)
        if isinstance(node, ast.Call) and (written := _written(node)):
            add(*written)
    for name, value in vars(loaded).items():
        for pattern in _compiled(value):
            add(pattern, name, used.get(name) or {"search", "fullmatch"})
    return tuple(Found(p, tuple(sorted(n)), frozenset(m)) for p, n, m in found.values())


def _written(call: ast.Call) -> tuple[re.Pattern[Any], str, set[str]] | None:
    """The pattern of a call such as `re.sub("a+", …)`."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="re"), attr=method),
            args=[ast.Constant(value=source), *others],
        ) if method in _METHODS:
            flags = 0
            for one in (*others, *(k.value for k in call.keywords)):
                for part in ast.walk(one):
                    if isinstance(part, ast.Attribute) and part.attr.isupper():
                        flags |= int(getattr(re, part.attr, 0))
            return re.compile(source, flags), f"line {call.lineno}", {method}
    return None


def _compiled(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 3 and isinstance(value, Mapping):
        for pair in value.items():
            yield from _compiled(pair, depth + 1)
    elif depth < 3 and isinstance(value, (tuple, list, frozenset)):
        for one in value:
            yield from _compiled(one, depth + 1)


def hostile(pattern: re.Pattern[Any]) -> list[Callable[[int], str]]:
    """Makers of strings of a given length, the same at every call."""
    source = pattern.pattern
    text = source if isinstance(source, str) else source.decode("latin-1")
    maker = _Maker(random.Random(ascii(text)))
    attacks = {("", pump) for pump in _PUMPS}
    tree = parser.parse(text, pattern.flags & ~(0 if isinstance(source, str) else re.ASCII))
    own = {(lead, pump) for lead, pump in maker.attacks(tree) if pump}
    own |= {("", maker.sample(tree) or "a") for _ in range(8)}
    chosen = sorted(own)
    maker.random.shuffle(chosen)
    pairs = [*sorted(attacks), *chosen[:_MOST]]
    return [_string(lead, pump, end) for lead, pump in pairs for end in _ENDS]


def _string(lead: str, pump: str, end: str) -> Callable[[int], str]:
    return lambda size: lead + pump * max(1, (size - len(lead) - 1) // len(pump)) + end


class _Maker:
    """Makes strings out of the form of a pattern."""

    def __init__(self, chance: random.Random) -> None:
        self.random = chance

    def attacks(self, tree: Tree, lead: str = "") -> Iterator[tuple[str, str]]:
        """For each repeated part of a pattern what may stand before it, and what it repeats."""
        for op, value in tree:
            for part in _parts(op, value):
                yield from self.attacks(part, lead)
            if op in _REPEATS and value[1] > 4:
                for count in (1, 1, 2):
                    yield lead, "".join(self.sample(value[2]) for _ in range(count))
            lead += self.sample([(op, value)])
            if lead:
                yield "", lead

    def sample(self, tree: Tree) -> str:
        """A string that a pattern, lookarounds aside, is likely to match."""
        return "".join(self._one(op, value) for op, value in tree)

    def _one(self, op: object, value: Tree) -> str:
        if op is ops.LITERAL:
            return chr(value)
        if op in (ops.ANY, ops.NOT_LITERAL):
            return self.random.choice("aA1 -")
        if op is ops.IN:
            return self._of_set(value)
        if op in _REPEATS:
            count = value[0] + self.random.randint(0, int(value[1] > value[0]))
            return "".join(self.sample(value[2]) for _ in range(min(count, 30)))
        inside = _parts(op, value) if op not in (ops.ASSERT, ops.ASSERT_NOT) else []
        return self.sample(self.random.choice(inside)) if inside else ""

    def _of_set(self, items: Tree) -> str:
        named = [chr(v) for op, v in items if op is ops.LITERAL]
        named += [chr(end) for op, v in items if op is ops.RANGE for end in v]
        known = {ops.CATEGORY_DIGIT: r"\d", ops.CATEGORY_NOT_DIGIT: r"\D",
                 ops.CATEGORY_SPACE: r"\s", ops.CATEGORY_NOT_SPACE: r"\S",
                 ops.CATEGORY_WORD: r"\w", ops.CATEGORY_NOT_WORD: r"\W"}  # fmt: skip
        kinds = [known[v] for op, v in items if op is ops.CATEGORY]
        inside = {c for c in _CHARACTERS for kind in kinds if re.match(kind, c)} | set(named)
        if items and items[0][0] is ops.NEGATE:
            inside = set(_CHARACTERS) - inside
        return self.random.choice(sorted(inside or {"a"}))


_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


def _parts(op: object, value: Tree) -> list[Tree]:
    """The patterns inside a part of a pattern."""
    if op in _REPEATS:
        return [value[2]]
    if op is ops.BRANCH:
        return list(value[1])
    if op is ops.SUBPATTERN:
        return [value[3]]
    if op is ops.ATOMIC_GROUP:
        return [value]
    return [value[1]] if op in (ops.ASSERT, ops.ASSERT_NOT) else []


def seconds(found: Found, text: str, limit: float) -> float:
    """The processor's time that a pattern takes for a string; it is stopped some time past `limit`.

    The best of three: others may be at work.
    """
    best = float("inf")
    for _ in range(3):
        start = time.thread_time()
        before = signal.signal(signal.SIGVTALRM, _stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, 3 * limit)
        try:
            found.run(text)
        except TooLongError:
            pass
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
        best = min(best, time.thread_time() - start)
        if best <= limit:
            break
    return best


def _stop(*_: object) -> None:
    raise TooLongError
