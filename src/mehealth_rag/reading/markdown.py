"""Markdown and reStructuredText, read through HTML that libraries make of them.

Some text that Markdown rules would drop is kept for the reader: list markers, stars between figures
(2**10), and words in angle brackets that are not tags.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, emphasis, html_inline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin

from mehealth_rag.reading.encoding import decode
from mehealth_rag.reading.faults import noted, with_hidden
from mehealth_rag.reading.flow import FlowBlock, Read, page_of
from mehealth_rag.reading.hypertext import TAG, blocks_of
from mehealth_rag.reading.raised import raised
from mehealth_rag.reading.text import split_pages
from mehealth_rag.types import Fault, Page

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FIELD = re.compile(r"^(\w[\w-]*):[ \t]*(.+)$", re.MULTILINE)
_NOTE = re.compile(r"\[\^([^\]\s]+)\](:?)")
_NOTES = re.compile(r"^(?= {0,3}\[\^[^\]\s]+\]:)", re.MULTILINE)
_DIVS = re.compile(r"^ {0,3}:{3,}.*$", re.MULTILINE)
"""Pandoc's fences around divs."""
_SEEN_TAG = re.compile(rf"{TAG}|<!--", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s<>()]*[^\s<>().,;:!?\"'”’]")
_BLANK = re.compile(r"\n\s*\n")
_RST = {
    "file_insertion_enabled": False, "raw_enabled": False, "_disable_config": True,
    "report_level": 5, "halt_level": 6, "warning_stream": False,
    "embed_stylesheet": False, "syntax_highlight": "none", "math_output": "LaTeX",
}  # fmt: skip
"""Docutils settings: no other file is included, and unknown directives give no messages."""


def read_markdown(path: Path, content: bytes, *, code: bool = True) -> Read:
    """Read the pages of a Markdown file, split at form feeds, and its front matter.

    Each block is one line of its page, because source lines are not layout lines. Without `code`,
    code blocks are left out.
    """
    decoded = decode(path, content)
    source = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    metadata: dict[str, str] = {}
    if front := _FRONT_MATTER.match(source):
        fields = _FIELD.findall(front[1])
        metadata = {key.lower(): value.strip().strip("\"'") for key, value in fields}
        source = source[front.end() :]
    source = _DIVS.sub("", _NOTES.sub("\n", source))
    parser, parts = _parser(code=code), split_pages(source)
    everywhere = _references(parser, source)
    pages: list[Page] = []
    hidden: list[str] = []
    for number, part in enumerate(parts, 1):
        environment = {"references": everywhere | _references(parser, part)}
        blocks, words = blocks_of(parser.render(part, environment))
        pages.append(page_of(number, [_with_addresses(block) for block in blocks]))
        hidden.append(words)
    return with_hidden(tuple(pages), " ".join(filter(None, hidden)), decoded.note), metadata


def read_restructured(path: Path, content: bytes) -> Read:
    """Read a reStructuredText file as one page."""
    from docutils import nodes
    from docutils.core import publish_doctree, publish_from_doctree

    decoded = decode(path, content)
    tree = publish_doctree(decoded.text, settings_overrides=_RST)
    for message in list(tree.findall(nodes.system_message)):  # an unknown directive
        source = [n for n in message.children if isinstance(n, nodes.literal_block)]
        message.parent.replace(message, source)
    html = publish_from_doctree(tree, writer="html5", settings_overrides=_RST)
    blocks, _ = blocks_of(html.decode("utf-8").partition("<body")[2].partition(">")[2])
    return noted((page_of(1, blocks),), decoded.note, Fault.ENCODING), {}


def _references(parser: MarkdownIt, source: str) -> dict[str, Any]:
    """Return the link reference definitions of a source, as markdown-it stores them."""
    environment: dict[str, Any] = {}
    parser.parse(source, environment)
    return dict(environment.get("references", {}))


def _parser(*, code: bool) -> MarkdownIt:
    """Make a parser for Markdown as converters write it; without `code` it drops code blocks."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(deflist_plugin)
    parser.block.ruler.at("reference", _reference)
    parser.inline.ruler.at("html_inline", _html_inline)
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.before("link", "note", _note)
    parser.core.ruler.push("items", _marked_items)

    def code_block(tokens: Sequence[Token], at: int, *_: object) -> str:
        """Render a code block as one paragraph per part between blank lines."""
        parts = _BLANK.split(tokens[at].content) if code else ()
        return "".join(f"<pre>{escape(part)}</pre>" for part in parts)

    renderer: Any = parser.renderer
    renderer.rules |= {
        "fence": code_block,
        "code_block": code_block,
        "th_open": lambda *_: "<td>",  # converters make any first row a header row
        "th_close": lambda *_: "</td>",
    }
    return parser


def _marked_items(state: StateCore) -> None:
    """Put each list item's marker before its text, as in the file."""
    for item, paragraph, words in zip(
        state.tokens, state.tokens[1:], state.tokens[2:], strict=False
    ):
        if item.type == "list_item_open" and paragraph.type == "paragraph_open":
            mark = Token("text", "", 0, content=f"{item.info}{item.markup} ")
            words.children = [mark, *(words.children or ())]


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Parse a link reference definition, but leave a footnote of the same form as text."""
    if state.src.startswith("[^", state.bMarks[start] + state.tShift[start]):
        return False
    return reference(state, start, end, silent)


def _html_inline(state: StateInline, silent: bool) -> bool:
    """Parse an HTML tag, but leave other words in angle brackets as text."""
    return bool(_SEEN_TAG.match(state.src, state.pos)) and html_inline(state, silent)


def _note(state: StateInline, silent: bool) -> bool:
    """Parse a footnote mark, in the text or before the note itself, as a raised figure."""
    match = _NOTE.match(state.src, state.pos)
    if match is None:
        return False
    if not silent and match[1].isdecimal():
        state.push("text", "", 0).content = raised(match[1])
    state.pos = match.end()
    return True


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Parse emphasis, but keep stars and underscores beside figures, as in 2**10, as text."""
    start, source = state.pos, state.src
    known = len(state.delimiters)
    if not emphasis.tokenize(state, silent):
        return False
    before, after = source[start - 1 : start] or " ", source[state.pos : state.pos + 1] or " "
    for mark in state.delimiters[known:]:
        if before.isalnum() and after.isalnum() and (before.isdigit() or after.isdigit()):
            mark.open = False
    return True


def _with_addresses(block: FlowBlock) -> FlowBlock:
    """Add links for the web addresses written out in a block; changes it in place."""
    words = block.words
    addresses = [(match[0], *match.span()) for match in _ADDRESS.finditer(words.text)]
    taken = [(start, end) for _, start, end in words.links]
    words.links += [a for a in addresses if all(a[2] <= s or e <= a[1] for s, e in taken)]
    words.links.sort(key=lambda link: link[1])
    return block
