"""A LlamaIndex retriever, for its query engines, chat engines and evaluators.

Needs the extra `llama-index`; nothing else in the package imports this module.
"""

from __future__ import annotations

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from mehealth_rag.assistant import Assistant
from mehealth_rag.types import Hit


class PassageRetriever(BaseRetriever):
    """Returns the assistant's search results as LlamaIndex nodes."""

    def __init__(self, assistant: Assistant, top_k: int = 10) -> None:
        self._assistant = assistant
        self._top_k = top_k
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._assistant.search(query_bundle.query_str, self._top_k)
        return [NodeWithScore(node=as_node(hit), score=hit.score) for hit in hits]


def as_node(hit: Hit) -> TextNode:
    """Convert a hit to a node: id and text, with the passage's place as metadata."""
    passage = hit.passage
    return TextNode(
        id_=passage.id,
        text=passage.text,
        metadata={
            "document": passage.document,
            "title": passage.title,
            "page": passage.page,
            "page_label": passage.page_label,
            "heading": passage.heading,
        },
    )
