"""Reads, splits and embeds documents on Ray's workers, through LlamaIndex's ingestion pipeline.

Needs the extra `ray`, and is imported only where the setting `ray` is given. The workers compute;
the index is still written by one process, from the same values in the same order.
"""

from __future__ import annotations

import base64
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import chdir
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.schema import BaseNode, TextNode, TransformComponent
from pydantic import PrivateAttr

from mehealth_rag.encoder.embedding import EncoderInput, PassageEncoder, PassageVectors
from mehealth_rag.errors import ReadingError, WorkersError
from mehealth_rag.growing import Progress
from mehealth_rag.index.cache import ReadDocument
from mehealth_rag.index.content import as_text, packed, unpacked
from mehealth_rag.passages.splitting import split
from mehealth_rag.reading import ReadingOptions
from mehealth_rag.reading.describing import described
from mehealth_rag.reading.isolated import Limits, Readers
from mehealth_rag.types import Document, Passage, Source
from mehealth_rag.wiring import open_encoder, stay_offline

PORTION = 16_384
"""Passages given to Ray at a time. Starting its workers takes seconds, so it is a large number."""
_FILES = 256
"""Files given to Ray at a time; what was read of them is in memory, compressed, until written."""


class FileReader(TransformComponent):
    """Reads and splits files: from nodes that name a source to nodes that hold what is in it.

    `folder` is where relative paths begin.
    """

    folder: Path
    options: ReadingOptions
    limits: Limits

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:  # noqa: ANN401
        """Read each node's source in a process of its own."""
        with chdir(self.folder), Readers(self.options, self.limits) as readers:
            return [_read(readers, unpacked(Source, node.get_content())) for node in nodes]


class PassageEmbedder(TransformComponent):
    """Embeds passages, one after the other, for a worker has one processor."""

    model: str
    _encoder: PassageEncoder = PrivateAttr()

    def model_post_init(self, context: object) -> None:
        """Load the model, once for each worker."""
        super().model_post_init(context)
        stay_offline(self.model)
        self._encoder = open_encoder(self.model, threads=1)

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:  # noqa: ANN401
        """Return nodes with the vectors of the passage and of its sentences."""
        return [self._embedded(node) for node in nodes]

    def _embedded(self, node: BaseNode) -> TextNode:
        item = unpacked(EncoderInput, node.get_content())
        (vectors,) = self._encoder.encode_passages([item])
        about = {"truncated": vectors.truncated, "worker": os.getpid()}
        sentences = _as_ascii(vectors.sentences.tobytes())
        passage = vectors.passage.tolist()
        return TextNode(id_=node.node_id, text=sentences, embedding=passage, metadata=about)


class RayWorkers:
    """Ray's workers as the reader, the splitter and the encoder of a build.

    A worker opens a file by its path, so the corpus has to be at the same place on each machine.
    Ray is started, or connected to, when there is something to compute.
    """

    def __init__(
        self,
        address: str,
        model: str,
        reading: tuple[ReadingOptions, Limits],
        progress: Progress,
    ) -> None:
        self._address = address
        self._model = model
        self._options, self._limits = reading
        self._progress = progress
        self._expected: dict[str, Source] = {}
        self._done: dict[str, BaseNode] = {}
        self._passages: tuple[Passage, ...] = ()
        self._workers = 0

    def __enter__(self) -> RayWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._workers:
            import ray

            ray.shutdown()

    def expect(self, sources: Sequence[Source]) -> None:
        """Announce the sources that `read` will get, in order."""
        self._expected |= {source.id: source for source in sources}

    def read(self, source: Source) -> Document:
        """Return the pages of a source, reading those that are expected after it too.

        Raises ReadingError, and WorkersError where Ray fails.
        """
        if source.id not in self._done:
            self._read_portion(source)
        node = self._done.pop(source.id)
        if reason := node.metadata.get("error"):
            raise ReadingError(reason)
        content: ReadDocument = unpacked(ReadDocument, base64.b64decode(node.get_content()))
        self._passages = content.passages
        return described(Document(source, node.metadata["sha256"], content.pages, content.metadata))

    def split(self, document: Document) -> tuple[Passage, ...]:  # noqa: ARG002
        """Return the passages of the document that was read last: its worker has split it."""
        return self._passages

    def encode_passages(
        self, batch: Sequence[EncoderInput], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return each passage's vectors, in order. Raises WorkersError where Ray fails."""
        nodes = [TextNode(id_=str(n), text=as_text(item)) for n, item in enumerate(batch)]
        done = self._run(PassageEmbedder, {"model": self._model}, nodes, 64)
        if progress:
            progress(len(batch))
        return [_vectors(done[str(n)]) for n in range(len(batch))]

    def _read_portion(self, first: Source) -> None:
        self._expected.pop(first.id, None)
        portion = [first, *islice(self._expected.values(), _FILES - 1)]
        for source in portion[1:]:
            del self._expected[source.id]
        nodes = [TextNode(id_=source.id, text=as_text(source)) for source in portion]
        how = {"folder": Path.cwd(), "options": self._options, "limits": self._limits}
        self._done |= self._run(FileReader, how, nodes, 4)

    def _run(
        self, kind: type[TransformComponent], how: dict[str, Any], nodes: list[TextNode], batch: int
    ) -> dict[str, BaseNode]:
        """Have the workers transform nodes, `batch` at a time; the results by id."""
        self._start()
        from llama_index.ingestion.ray import RayIngestionPipeline, RayTransformComponent
        from ray.data import ActorPoolStrategy
        from ray.exceptions import RayError

        size = min(batch, -(-len(nodes) // self._workers))
        pool = ActorPoolStrategy(size=min(self._workers, -(-len(nodes) // size)))
        spread = {"batch_size": size, "compute": pool}
        step = RayTransformComponent(kind, spread, how)
        try:
            done = RayIngestionPipeline(transformations=[step]).run(nodes=nodes)
        except RayError as error:
            raise _failed(self._address, error) from error
        at_work = len({node.metadata["worker"] for node in done})
        self._progress.message(f"{kind.__name__}: {len(done)} done by {at_work} workers of Ray")
        return {node.node_id: node for node in done}

    def _start(self) -> None:
        if self._workers:
            return
        self._progress.message(f"starting Ray ({self._address})")
        own: dict[str, Any] = {}
        if self._address == "local":
            _keep_to_this_machine()
            own = {"num_cpus": self._limits.processes, "include_dashboard": False}
        import ray
        from ray.data import DataContext

        try:
            ray.init(self._address, log_to_driver=False, logging_level=logging.ERROR, **own)
        except Exception as error:  # Ray raises errors of all kinds here, Exception itself too
            raise _failed(self._address, error) from error
        self._workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # an error is ours to tell


def _read(readers: Readers, source: Source) -> TextNode:
    worker = os.getpid()
    try:
        document = readers.read(source)
    except ReadingError as error:
        return TextNode(id_=source.id, metadata={"error": str(error), "worker": worker})
    read = ReadDocument(document.pages, dict(document.metadata), split(document))
    about = {"sha256": document.sha256, "worker": worker}
    return TextNode(id_=source.id, text=_as_ascii(packed(read)), metadata=about)


def _vectors(node: BaseNode) -> PassageVectors:
    passage = np.asarray(node.embedding, np.float32)
    sentences = np.frombuffer(base64.b64decode(node.get_content()), np.float32)
    rows = sentences.reshape(-1, len(passage))
    return PassageVectors(passage, rows, bool(node.metadata["truncated"]))


def _as_ascii(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _keep_to_this_machine() -> None:
    """Have the Ray that starts here listen on loopback, and obey only who knows its secret.

    Ray reads the environment on import. On Windows and macOS it keeps to loopback by itself; this
    variable decides that, whatever the system.
    """
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


def _failed(address: str, error: Exception) -> WorkersError:
    reason = str(error).strip().rpartition("\n")[2] or type(error).__name__
    return WorkersError(f"Ray ({address}) failed: {reason}; mend it, or unset MEHEALTH_RAY")
