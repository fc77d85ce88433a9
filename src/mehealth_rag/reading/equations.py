"""Word's equations and symbols as a line of text."""

from __future__ import annotations

from mehealth_rag.reading.flow import Node
from mehealth_rag.reading.raised import raised

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PROPERTIES = "Pr"
"""How the names end of what says how an equation looks."""

# Codes 0x21 to 0xFE of the font Symbol; a blank where it has a piece of a bracket or nothing.
_SYMBOL = (
    "!∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"
    + " " * 33
    + "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"
    + f"{' ' * 11}〉∫⌠⎮⌡{' ' * 9}"
)
_DINGBATS = {
    0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x76: "❖", 0x9F: "•", 0xA7: "▪", 0xA8: "◻",
    0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xFB: "✗", 0xFC: "✓",
    0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
"""The signs of Wingdings that documents tick and point with."""
_UNKNOWN = "\ufffd"


def symbol(element: Node) -> str:
    """The letter of a `w:sym`; the replacement character where its font is not known."""
    code = int(element.get(f"{_W}char") or "FFFD", 16)
    return _letter(code, element.get(f"{_W}font") or "")


def typed(text: str, font: str) -> str:
    """Text in which symbols were typed as codes of their font."""
    if not any("\uf000" <= char <= "\uf0ff" for char in text):
        return text
    return "".join(_letter(ord(char), font or "symbol") for char in text)


def _letter(code: int, font: str) -> str:
    if not 0xF000 <= code <= 0xF0FF:
        return chr(code)
    code -= 0xF000
    if font.lower().startswith("wingdings"):
        return _DINGBATS.get(code, _UNKNOWN)
    if font.lower() != "symbol" or code <= 0x20:
        return _UNKNOWN
    return _SYMBOL[code - 0x21 : code - 0x20].strip() or _UNKNOWN


def equation(element: Node) -> str:
    """An equation, or a part of one, as it is read aloud: a fraction as “a/b”, a power raised."""
    kind = str(element.tag).removeprefix(_M)
    if kind == "t" or element.tag == f"{_W}t":
        return element.text or ""
    if element.tag == f"{_W}sym":
        return symbol(element)
    if kind.endswith(_PROPERTIES):
        return ""
    make = _SHAPES.get(kind)
    return make(element) if make else "".join(map(equation, element))


def _part(element: Node, name: str) -> str:
    found = element.find(f"{_M}{name}")
    return "" if found is None else "".join(map(equation, found))


def _grouped(text: str) -> str:
    """In brackets where it is more than one number or name."""
    return text if text.replace(".", "").isalnum() or not text else f"({text})"


def _power(text: str) -> str:
    up = raised(text)
    return up if up != text or not text else f"^{_grouped(text)}"


def _index(text: str) -> str:
    return f"_{_grouped(text)}" if text else ""


def _property(element: Node, name: str, default: str) -> str:
    found = element.find(f"*/{_M}{name}")
    return default if found is None else found.get(f"{_M}val") or ""


def _fraction(element: Node) -> str:
    return f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}"


def _root(element: Node) -> str:
    return f"{raised(_part(element, 'deg'))}√{_grouped(_part(element, 'e'))}"


def _scripts(element: Node) -> str:
    return _part(element, "e") + _index(_part(element, "sub")) + _power(_part(element, "sup"))


def _sum(element: Node) -> str:
    sign = _property(element, "chr", "∫")
    bounds = _index(_part(element, "sub")) + _power(_part(element, "sup"))
    return f"{sign}{bounds} {_part(element, 'e')}"


def _brackets(element: Node) -> str:
    inside = [equation(part) for part in element.iterchildren(f"{_M}e")]
    between = _property(element, "sepChr", "|")
    return (
        _property(element, "begChr", "(") + between.join(inside) + _property(element, "endChr", ")")
    )


def _rows(element: Node) -> str:
    """A matrix, or equations one below the other."""
    rows = [" ".join(map(equation, row)) for row in element.iterchildren(f"{_M}mr", f"{_M}e")]
    return "; ".join(row.strip() for row in rows)


_SHAPES = {
    "f": _fraction,
    "rad": _root,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "nary": _sum,
    "d": _brackets,
    "m": _rows,
    "eqArr": _rows,
}
