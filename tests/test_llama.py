from __future__ import annotations

from mehealth_rag.assistant import Assistant
from mehealth_rag.llama import PassageRetriever
from mehealth_rag.settings import Settings
from tests.conftest import Library


def test_passages_come_as_llama_index_nodes(library: Library) -> None:
    flags = {"corpus": library.corpus, "index": library.index}
    assistant = Assistant.open(Settings.load(flags, environ={}))
    try:
        found = PassageRetriever(assistant, top_k=2).retrieve("What does a yacht pay?")
        hits = assistant.search("What does a yacht pay?", 2)
    finally:
        assistant.index.close()
    assert [n.node.id_ for n in found] == [h.passage.id for h in hits]
    assert found[0].node.metadata["document"] == "fees"
    assert found[0].node.metadata["page"] == 1
    assert "A yacht pays £300 a year." in found[0].node.get_content()
