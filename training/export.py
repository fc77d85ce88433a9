"""The packaged form of a trained model: an ONNX file with weights of eight or seven bits.

With `floats`, eight-bit weights become floats again when the file is loaded, so only the weights
are rounded. With `integers`, they are multiplied as integers and the states are rounded row by row:
two to four times as fast. Either way, a row's result does not depend on the other rows. `weights`
reads them back as floats, so that training can continue from them.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from mehealth_rag.encoder.shipped import TOKENIZER
from mehealth_rag.reader.model import MODEL
from mehealth_rag.reader.rows import Row, inputs
from training.model import ReaderModel

INPUTS = ("input_ids", "types", "asked", "pool")
OUTPUTS = ("answers", "passage", "verdict", "evidence")

WEIGHTS_OF = {"small": "floats", "large": "integers"}
"""How each form's weights are stored and multiplied."""

LARGE_PARTS = {"compare", "whole"}
"""Matrices of the heads that are quantised as well: as floats they would take four megabytes."""


_PREFIX = "model."
"""Prefix of parameter names in the graph."""

_SUFFIXES = (".weight", ".bias", ".near", ".level")
"""Endings of the parameter names that the graph keeps."""

_MATRIX_NODE = re.compile(r"/?(?P<path>.+)/(?:Gemm_)?MatMul(?:_quant)?")
"""Nodes that multiply by a matrix: their names contain the parameter's."""


class _One(nn.Module):
    """The model as it is run: on one row at a time, so that nothing is padded."""

    def __init__(self, model: ReaderModel) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: Tensor, types: Tensor, asked: Tensor, pool: Tensor
    ) -> tuple[Tensor, ...]:
        outputs = self.model(input_ids, types, torch.ones_like(asked), asked, pool)
        return outputs.answers, outputs.passage, outputs.verdict, outputs.evidence


def export(
    model: ReaderModel, tokenizer: Tokenizer, probe: Row, folder: Path, weights: str
) -> None:
    """Write the model, its weights stored as `floats` or `integers`, and its tokenizer."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name) / "whole.onnx"
        _trace(model.eval(), probe, whole)
        graph: Any = onnx.load(str(_with_integers(whole) if weights == "integers" else whole))
    _narrow_words(graph)
    if weights == "floats":
        _narrow_matrices(graph)
    onnx.save(graph, str(folder / MODEL))
    tokenizer.save(str(folder / TOKENIZER), pretty=False)


def _trace(model: ReaderModel, probe: Row, path: Path) -> None:
    arrays = {name: torch.from_numpy(a) for name, a in inputs([probe]).items()}
    length, sentences = {1: "length"}, {1: "sentences"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated
        torch.onnx.export(
            _One(model),
            tuple(arrays[name] for name in INPUTS),
            str(path),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={
                "input_ids": length, "types": length, "asked": length,
                "pool": {1: "sentences", 2: "length"},
                "answers": sentences, "evidence": sentences,
            },
            opset_version=17,
            dynamo=False,
        )  # fmt: skip


def _narrow_matrices(graph: Any) -> None:  # noqa: ANN401 - onnx has no types
    """Store matrices as eight-bit integers with a scale per column, folded on loading."""
    from onnx import TensorProto, helper

    matrices = {c.name: c for c in graph.graph.initializer if len(c.dims) == 2}
    used = [n for n in graph.graph.node if n.op_type in {"MatMul", "Gemm"}]
    for name in dict.fromkeys(n.input[1] for n in used if n.input[1] in matrices):
        _store_integers(graph, matrices[name], axis=0)
        nodes = [
            helper.make_node("Cast", [f"{name}.small"], [f"{name}.float"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}.float", f"{name}.scales"], [name]),
        ]
        for place, node in enumerate(nodes):
            graph.graph.node.insert(place, node)


def _store_integers(graph: Any, array: Any, axis: int) -> None:  # noqa: ANN401 - onnx has no types
    """Replace an array NAME by eight-bit integers, `NAME.small`, and `NAME.scales` over an axis."""
    from onnx import numpy_helper

    name, values = array.name, numpy_helper.to_array(array).astype(np.float32)
    scales = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12) / 127
    parts = {"small": np.round(values / scales).astype(np.int8), "scales": scales}
    graph.graph.initializer.remove(array)
    for suffix, part in parts.items():
        graph.graph.initializer.append(numpy_helper.from_array(part, f"{name}.{suffix}"))


def _with_integers(whole: Path) -> Path:
    """Quantise the layers' matrices and the heads' largest ones, with a scale per column.

    Weights have seven bits: sums of eight-bit products overflow on processors without VNNI.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    graph = onnx.load(str(whole)).graph
    heads = [
        f"{n.name}{suffix}"
        for n in graph.node
        for suffix in ("", "_MatMul")  # a Gemm is renamed before it is quantised
        if n.op_type in {"MatMul", "Gemm"}
        and n.name.split("/")[-2] not in LARGE_PARTS
        and "encoder" not in n.name
    ]
    target = whole.with_name("integers.onnx")
    quantize_dynamic(
        whole, target, op_types_to_quantize=["MatMul", "Gemm"], per_channel=True,
        weight_type=QuantType.QInt8, nodes_to_exclude=heads, reduce_range=True,
    )  # fmt: skip
    return target


def _narrow_words(graph: Any) -> None:  # noqa: ANN401 - onnx has no types
    """Store the word embeddings as eight-bit integers with a scale per word."""
    from onnx import TensorProto, helper

    tables = {c.name: c for c in graph.graph.initializer if max(c.dims, default=0) > 10_000}
    for node in [n for n in graph.graph.node if n.op_type == "Gather" and n.input[0] in tables]:
        name = node.input[0]
        _store_integers(graph, tables[name], axis=1)
        nodes = [
            helper.make_node("Gather", [f"{name}.small", node.input[1]], [f"{name}.picked"]),
            helper.make_node("Cast", [f"{name}.picked"], [f"{name}.float"], to=TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}.scales", node.input[1]], [f"{name}.scale"]),
            helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], list(node.output)),
        ]
        place = list(graph.graph.node).index(node)
        graph.graph.node.remove(node)
        for offset, replacement in enumerate(nodes):
            graph.graph.node.insert(place + offset, replacement)


def weights(folder: Path) -> dict[str, Tensor]:
    """The parameters, by name, of the model that `export` wrote to a folder.

    Quantised weights are multiplied by their scales, so each differs from the trained weight by at
    most half a quantisation step.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(folder / MODEL)).graph
    matrices = _as_floats({c.name: numpy_helper.to_array(c) for c in graph.initializer})
    parameters = {
        n: a for n, a in matrices.items() if n.startswith(_PREFIX) and n.endswith(_SUFFIXES)
    }
    for node in graph.node:
        name = node.input[1].removesuffix("_quantized") if len(node.input) > 1 else ""
        if name in matrices and (match := _MATRIX_NODE.fullmatch(node.name)):
            parameters[match["path"].replace("/", ".") + ".weight"] = matrices[name].T
    return {
        n.removeprefix(_PREFIX): torch.tensor(a, dtype=torch.float32) for n, a in parameters.items()
    }


def _as_floats(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The graph's arrays by name, with floats added for those that are quantised."""
    floats = dict(arrays)
    for name, array in arrays.items():
        if name.endswith(".small"):
            plain = name.removesuffix(".small")
            floats[plain] = array.astype(np.float32) * arrays[f"{plain}.scales"]
        elif name.endswith("_quantized"):
            plain = name.removesuffix("_quantized")
            zero = arrays[f"{plain}_zero_point"].astype(np.float32)
            floats[plain] = (array.astype(np.float32) - zero) * arrays[f"{plain}_scale"]
    return floats
