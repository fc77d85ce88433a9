from __future__ import annotations

from mehealth_rag.assistant import Assistant
from mehealth_rag.llama import PassageRetriever


def test_passages_come_as_llama_index_nodes(harbour: Assistant) -> None:
    found = PassageRetriever(harbour, top_k=2).retrieve("What does a yacht pay?")
    hits = harbour.search("What does a yacht pay?", 2)
    assert [n.node.id_ for n in found] == [h.passage.id for h in hits]
    assert found[0].node.metadata["document"] == "fees"
    assert found[0].node.metadata["page"] == 1
    assert "A yacht pays £300 a year." in found[0].node.get_content()
