"""Equations of Word and MathML, and symbol characters, as a line of text."""

from __future__ import annotations

from mehealth_rag.reading.flow import Node, name_of
from mehealth_rag.reading.raised import raised

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

# Codes 0x21 to 0xFE of the font Symbol; a space for parts of brackets and unused codes.
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
"""Codes of the common ticks, bullets and arrows in Wingdings."""
_UNKNOWN = "\ufffd"


def symbol(element: Node) -> str:
    """Return the character of a `w:sym`; U+FFFD if its font is unknown."""
    code = int(element.get(f"{_W}char") or "FFFD", 16)
    return _letter(code, element.get(f"{_W}font") or "")


def typed(text: str, font: str) -> str:
    """Replace private-use codes of symbol fonts in `text` with Unicode characters."""
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
    """Return a Word equation, or part of one, as text: a fraction as “a/b”, a power raised."""
    text = ""
    match name_of(element):
        case "t":
            text = element.text or ""
        case "sym":
            text = symbol(element)
        case "f":
            text = f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}"
        case "rad":
            text = f"{raised(_part(element, 'deg'))}√{_grouped(_part(element, 'e'))}"
        case "sSup" | "sSub" | "sSubSup":
            text = _part(element, "e") + _bounds(_part(element, "sub"), _part(element, "sup"))
        case "nary":
            bounds = _bounds(_part(element, "sub"), _part(element, "sup"))
            text = f"{_sign(element, 'chr', '∫')}{bounds} {_part(element, 'e')}"
        case "d":
            inside = _sign(element, "sepChr", "|").join(map(equation, element.iterfind(f"{_M}e")))
            text = _sign(element, "begChr", "(") + inside + _sign(element, "endChr", ")")
        case "m" | "eqArr":  # a matrix, or equations one below the other
            rows = (
                " ".join(map(equation, row)) for row in element.iterchildren(f"{_M}mr", f"{_M}e")
            )
            text = "; ".join(row.strip() for row in rows)
        case name if not name.endswith("Pr"):  # "…Pr" elements hold formatting
            text = "".join(map(equation, element))
    return text


def mathml(element: Node) -> str:
    """Return a MathML equation in the same notation as `equation`."""
    parts = [mathml(child) for child in element if isinstance(child.tag, str)]
    text = (element.text or "").strip() + "".join(parts)
    match name_of(element), parts:
        case "mfrac", [above, below]:
            text = f"{_grouped(above)}/{_grouped(below)}"
        case "msup", [base, high]:
            text = base + _bounds("", high)
        case "msub" | "munder", [base, low]:
            text = base + _bounds(low, "")
        case "msubsup" | "munderover", [base, low, high]:
            text = base + _bounds(low, high)
        case "mroot", [inside, degree]:
            text = f"{raised(degree)}√{_grouped(inside)}"
        case "msqrt", _:
            text = f"√{_grouped(text)}"
        case "mtable" | "mtr", _:
            text = ("; " if name_of(element) == "mtable" else " ").join(parts)
        case "mtext", _:
            text = f" {text} "
        case "annotation" | "annotation-xml", _:  # the same equation in another notation
            text = ""
    return text


def _part(element: Node, name: str) -> str:
    part = element.find(f"{_M}{name}")
    return "" if part is None else equation(part)


def _sign(element: Node, name: str, default: str) -> str:
    """Return a sign set in the equation's properties, such as its brackets."""
    sign = element.find(f"*/{_M}{name}")
    return default if sign is None else sign.get(f"{_M}val") or ""


def _grouped(text: str) -> str:
    """Add brackets unless the text is a single number or name."""
    return text if text.replace(".", "").isalnum() or not text else f"({text})"


def _bounds(low: str, high: str) -> str:
    """Format subscript and superscript: “_i” and raised digits, or “_(i=1)^(n+k)”."""
    superscript = raised(high)
    return (f"_{_grouped(low)}" if low else "") + (
        superscript if superscript != high or not high else f"^{_grouped(high)}"
    )
