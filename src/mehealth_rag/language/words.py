"""Words of a text: tokenization, stemming and stop words."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

import Stemmer

from mehealth_rag.language.figures import canonical_figures

WORDS_VERSION = 5
"""Increment when the words or stems of a text change, so that existing indexes are rebuilt."""

WORD = re.compile(r"[^\W_]+(?:['&][^\W_]+|\.\d[^\W_]*|,\d{3}(?!\d))*")
"""A word: letters and digits, with inner apostrophes, ampersands or decimals ("R&D", "11.7T")."""

_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")
"""An abbreviation with dots ("u.s.", "e.g."); it becomes one word without them."""

FUNCTION_WORDS = frozenset(
    """
    a about above after again all also am an and any are as at be because been before being
    below between both but by can could did do does doing down during each else ever few for from
    further had has have having he her here hers herself him himself his how i if in into is it its
    itself just let like many may me might mine more most much must my myself no nor not now of off
    on once only or other our ours ourselves out over own per please same shall she should so some
    such than that the their theirs them themselves then there these they this those through to
    too under until up upon us very was we were what when where whether which while who whom whose
    why will with within without would yes yet you your yours yourself yourselves
    """.split()
)

REQUEST_WORDS = frozenset(
    """
    according answer ask asked asking based brief briefly called curious describe detail details
    document documents exactly explain find following full give given gives got hello hey hi
    hope info information interested inform know learn list look looking made mean means mention
    mentioned name named names need next ok okay page pages question quick quickly read reading
    remind report reported said say saying says see show state stated states summarise summarize
    tell text thank thanks thing think understand want wanted wants whats whos wondering write
    """.split()
)
"""Words that phrase a request rather than its subject; sharing one with a page means nothing."""

_AMERICAN = re.compile(r"(?<=...)(?:iz(?=(?:e[sd]?|ing|ations?)$)|yz(?=(?:ed?|ing)$))")
"""American endings with z that British spelling writes with s; both get the same stem."""

BRITISH_WORDS = dict(
    pair.split("/")
    for pair in """
    center/centre program/programme color/colour labor/labour favor/favour behavior/behaviour
    neighbor/neighbour defense/defence offense/offence license/licence pediatric/paediatric
    anemia/anaemia tumor/tumour fiber/fibre meter/metre kilometer/kilometre
    centimeter/centimetre millimeter/millimetre liter/litre theater/theatre catalog/catalogue
    aging/ageing gray/grey mom/mum
    """.split()
)
"""Maps American spellings to British ones."""

_COMBINING = re.compile(r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

_RAISED = re.compile(r"(?:(?<=[^\W\d]{3})|(?<=[\d.!?,;:)\]”’\"]))[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
"""Superscript note marks and powers, split off the word or figure before; "m²" stays whole."""

_local = threading.local()


def fold(text: str) -> str:
    """Return `text` in lower case, without accents and with straight apostrophes."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    apart = _RAISED.sub(_spelled_apart, lowered.replace("’", "'"))
    plain = unicodedata.normalize("NFKD", apart).lower()
    return _COMBINING.sub("", plain)


def _spelled_apart(match: re.Match[str]) -> str:
    return f" {match[0]}"


def words(text: str) -> list[str]:
    """Return the folded words of `text` in order, without possessive endings."""
    plain = _DOTTED.sub(lambda m: m.group().replace(".", "") + " ", fold(text))
    return [w.removesuffix("'s").replace(",", "") for w in WORD.findall(plain)]


def is_content(word: str) -> bool:
    """Return whether a folded word is a content word: no stop word and no single letter."""
    return word not in FUNCTION_WORDS and (len(word) > 1 or word.isdigit())


def content_words(text: str) -> list[str]:
    """Return the folded content words of `text` in order, with repeats."""
    return [w for w in words(text) if is_content(w)]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the stem of a folded word, the same for American and British spelling."""
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:  # a stemmer has a buffer, so threads must not share one
        stemmer = _local.stemmer = Stemmer.Stemmer("english", 0)
    if word.removesuffix("s") in BRITISH_WORDS:
        word = BRITISH_WORDS[word.removesuffix("s")] + "s" * word.endswith("s")
    return str(stemmer.stemWord(_AMERICAN.sub(lambda m: f"{m[0][0]}s", word)))


def stem_all(items: Iterable[str]) -> list[str]:
    """Return the stems of folded words, in order."""
    return [stem(w) for w in items]


def content_stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of `text`."""
    return frozenset(stem_all(content_words(text)))


def subject_words(text: str) -> list[str]:
    """Return the content words of a question without those that only phrase a request."""
    return [w for w in content_words(text) if w not in REQUEST_WORDS]


def consists_of(
    line: Collection[str], required: Iterable[frozenset[str]], allowed: frozenset[str]
) -> bool:
    """Return whether a line has a word of each required set, and no others but the allowed ones."""
    required = tuple(required)
    has_each = all(options.intersection(line) for options in required)
    return has_each and allowed.union(*required).issuperset(line)


def stems(text: str) -> list[str]:
    """Return the terms that a text is indexed and searched by.

    These are the stems of its content words, with hyphenated words split, and a token for the value
    of each figure: "£1.6 billion", "1.6bn" and "1,600,000,000" all give `=1600000000`.
    """
    return stem_all(content_words(text)) + canonical_figures(text)


OF_SEVERAL = frozenset("they them their".split())
OF_A_PERSON = frozenset("he she him his her".split())
OWNERS = frozenset("its their his her".split())
DEMONSTRATIVES = frozenset("this that these those".split())

SUBJECTS = DEMONSTRATIVES | frozenset("it they he she such".split())
"""Words that can open a sentence in place of its subject."""

POINTING = SUBJECTS.union(
    OWNERS, OF_SEVERAL, OF_A_PERSON, "there one ones same latter former other another else".split()
)
"""Words that refer back to an earlier sentence, at any position."""
