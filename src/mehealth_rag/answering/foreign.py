"""Questions in a language other than the documents': the notice shown and what may answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from mehealth_rag.answering.compose import NOT_FOUND
from mehealth_rag.answering.drafting import Draft
from mehealth_rag.language.words import content_words
from mehealth_rag.types import LIKELY_FROM, Answer

NOTICES = {
    "ar": "المستندات وإجاباتي باللغة الإنجليزية.",
    "cs": "Dokumenty i moje odpovědi jsou v angličtině.",
    "de": "Die Dokumente und meine Antworten sind auf Englisch.",
    "el": "Τα έγγραφα και οι απαντήσεις μου είναι στα αγγλικά.",
    "es": "Los documentos y mis respuestas están en inglés.",
    "fr": "Les documents et mes réponses sont en anglais.",
    "hi": "दस्तावेज़ और मेरे उत्तर अंग्रेज़ी में हैं।",
    "hu": "A dokumentumok és a válaszaim angol nyelvűek.",
    "it": "I documenti e le mie risposte sono in inglese.",
    "nl": "De documenten en mijn antwoorden zijn in het Engels.",
    "pl": "Dokumenty i moje odpowiedzi są w języku angielskim.",
    "pt": "Os documentos e as minhas respostas estão em inglês.",
    "ro": "Documentele și răspunsurile mele sunt în limba engleză.",
    "ru": "Документы и мои ответы — на английском языке.",
    "sv": "Dokumenten och mina svar är på engelska.",
    "tr": "Belgeler ve yanıtlarım İngilizcedir.",
    "uk": "Документи та мої відповіді — англійською мовою.",
    "zh": "文件和我的回答均为英文。",
}
"""The notice that documents and answers are in English, by ISO 639 code of the asker's language."""

IN_ENGLISH = "The documents and my answers are in English."
"""The notice in any other language."""

NO_PASSAGE = "I found no passage for your question; please ask it in English."

_SHORTEST_NAME, _COGNATE = 3, 5
"""Letters of a name at least, and of a common prefix that makes two words cognates."""

UNSURE = LIKELY_FROM - 0.01
"""Highest confidence of such an answer, just below "likely": the reader was trained on English."""


def noticed(answer: Answer, language: str) -> Answer:
    """Return the answer after a notice, in the asker's language, that it is in English.

    "The documents do not say" becomes "I found no passage": they were hardly searched.
    """
    text = answer.answer.replace(NOT_FOUND, NO_PASSAGE)
    return replace(answer, answer=f"{NOTICES.get(language, IN_ENGLISH)}\n\n{text}")


def carried_over(question: str, draft: Draft) -> Draft:
    """Return the draft for a question in another language; no statements if none shares a word.

    Such a question is matched only by figures, names and words common to both languages.
    """
    asked = content_words(question)
    quoted = " ".join(quote.text for point in draft.points for quote in point.quotes)
    if any(_are_cognate(*pair) for pair in product(asked, content_words(quoted))):
        return replace(draft, confidence=min(draft.confidence, UNSURE))
    return replace(draft, points=(), introduction=None)


def _are_cognate(asked: str, quoted: str) -> bool:
    is_same = asked == quoted and (len(asked) >= _SHORTEST_NAME or asked.isdigit())
    return is_same or (len(asked) >= _COGNATE and asked[:_COGNATE] == quoted[:_COGNATE])
