"""A BERT encoder as an ONNX graph, written from its weights: no torch, one second, 35 MB.

Matrices are kept in 8-bit integers, a scale a column, and multiplied as integers; everything else
is computed in fp32. What goes into a matrix is quantised with one scale, so channels that run much
wider than the others would cost the others their digits: such channels are narrowed beforehand and
the matrix widened by as much (SmoothQuant: Xiao et al., 2023). How wide each channel runs was
measured once (`training/ranges.py`) and comes with the package.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Array: TypeAlias = NDArray[Any]
Ranges: TypeAlias = "Mapping[str, NDArray[np.floating[Any]]]"
"""How wide each input channel of a matrix runs at the most, by the name of the matrix."""

OUTPUT = "last_hidden_state"
_ONNX, _MICROSOFT = "", "com.microsoft"
_OPSET, _IR = 17, 8
_SMOOTHING = 0.85
"""Share of a channel's width that goes over into the matrix."""
_LEAST = 1e-4
_STEPS = 127  # of an 8-bit integer to either side


def write_encoder(model: Path, target: Path, ranges: Ranges | None) -> None:
    """Write the encoder of a BERT model's folder to `target`; without `ranges` in fp32.

    Input: `input_ids` int64 [1, t], whole and not padded. Output: `last_hidden_state` [1, t, d].

    Raises:
        OSError: a file cannot be read or written.
        KeyError: the model is no BERT.
    """
    import onnx  # only while an index is built
    from safetensors.numpy import load_file

    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    weights = load_file(model / "model.safetensors")
    onnx.save(_Bert(weights, config, ranges).model(), str(target))


def matrix_names(layers: int) -> tuple[str, ...]:
    """The names of the matrices, in the order of the graph."""
    return tuple(
        f"{n}.{part}" for n in range(layers) for part in ("qkv", "attended", "wide", "narrow")
    )


def smoothing(matrix: Array, widths: Array, share: float) -> NDArray[np.float32]:
    """The factor of each input channel [k]: what its input is divided by, and its row times.

    `matrix` is [k, n], `widths` [k] how wide the channels run, of which `share` goes over into the
    matrix.
    """
    runs = np.maximum(widths.astype(np.float64), _LEAST) ** share
    rows = np.maximum(np.abs(matrix).max(axis=1), _LEAST) ** (1 - share)
    return np.asarray(runs / rows, np.float32)


@dataclass(slots=True)
class _Graph:
    """Nodes and constants as they are added."""

    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def constant(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(
        self,
        kind: str,
        inputs: list[str],
        output: str,
        domain: str = _ONNX,
        **attributes: Any,  # noqa: ANN401 - ONNX's
    ) -> str:
        self.add_split(kind, inputs, [output], domain, **attributes)
        return output

    def add_split(
        self,
        kind: str,
        inputs: list[str],
        outputs: list[str],
        domain: str = _ONNX,
        **attributes: Any,  # noqa: ANN401 - ONNX's
    ) -> list[str]:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs


class _Bert:
    """The graph of one model, layer by layer."""

    def __init__(
        self, weights: Mapping[str, Array], config: Mapping[str, Any], ranges: Ranges | None
    ) -> None:
        self._weights = weights
        self._config = config
        self._ranges = ranges
        self._graph = _Graph()

    def model(self) -> Any:  # noqa: ANN401 - onnx has no types
        from onnx import TensorProto, helper

        state = self._embedded()
        for number in range(self._config["num_hidden_layers"]):
            state = self._layer(number, state)
        self._graph.add("Identity", [state], OUTPUT)
        graph = helper.make_graph(
            self._graph.nodes,
            "encoder",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "token"])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, "token", "width"])],
            self._graph.constants,
        )
        opsets = [helper.make_opsetid(_ONNX, _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR)

    def _embedded(self) -> str:
        graph, weights = self._graph, self._weights
        words = weights["embeddings.word_embeddings.weight"]
        places = weights["embeddings.position_embeddings.weight"]
        kinds = weights["embeddings.token_type_embeddings.weight"]
        half = words if self._ranges is None else words.astype(np.float16)
        graph.constant("words", half)
        graph.constant("places", places + kinds[0])  # a passage is all of the first kind
        graph.constant("first", np.array([0]))
        graph.constant("second", np.array([1]))
        graph.add("Gather", ["words", "input_ids"], "word")
        graph.add("Cast", ["word"], "word32", to=1)
        graph.add("Shape", ["input_ids"], "shape")
        graph.add("Gather", ["shape", "second"], "length")
        graph.add("Slice", ["places", "first", "length"], "place")
        graph.add("Add", ["word32", "place"], "embedded")
        return self._normalised("embedded", "embeddings.LayerNorm")

    def _layer(self, number: int, state: str) -> str:
        graph, layer, n = self._graph, f"encoder.layer.{number}", str(number)
        width = self._config["hidden_size"]
        three = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        self._linear(f"{n}.qkv", state, *three)
        graph.constant(f"{n}.parts", np.array([width] * 3))
        parts = [f"{n}.q", f"{n}.k", f"{n}.v"]
        graph.add_split("Split", [f"{n}.qkv", f"{n}.parts"], parts, axis=-1)
        heads = self._config["num_attention_heads"]
        graph.add("MultiHeadAttention", parts, f"{n}.heads", _MICROSOFT, num_heads=heads)
        self._linear(f"{n}.attended", f"{n}.heads", f"{layer}.attention.output.dense")
        graph.add("Add", [state, f"{n}.attended"], f"{n}.first")
        state = self._normalised(f"{n}.first", f"{layer}.attention.output.LayerNorm")
        self._linear(f"{n}.wide", state, f"{layer}.intermediate.dense")
        graph.add("Gelu", [f"{n}.wide"], f"{n}.active", _MICROSOFT)
        self._linear(f"{n}.narrow", f"{n}.active", f"{layer}.output.dense")
        graph.add("Add", [state, f"{n}.narrow"], f"{n}.second")
        return self._normalised(f"{n}.second", f"{layer}.output.LayerNorm")

    def _linear(self, name: str, state: str, *layers: str) -> None:
        """Multiply `state` with the matrices of `layers` side by side, and add their biases."""
        matrix = np.concatenate([self._weights[f"{x}.weight"] for x in layers]).T
        bias = np.concatenate([self._weights[f"{x}.bias"] for x in layers])
        graph = self._graph
        graph.constant(f"{name}.bias", bias)
        if self._ranges is None:
            graph.constant(f"{name}.matrix", matrix)
            graph.add("MatMul", [state, f"{name}.matrix"], f"{name}.product")
            graph.add("Add", [f"{name}.product", f"{name}.bias"], name)
            return
        factors = smoothing(matrix, self._ranges[name], _SMOOTHING)
        graph.constant(f"{name}.smoothing", 1 / factors)
        graph.add("Mul", [state, f"{name}.smoothing"], f"{name}.smooth")
        integers, scales = _quantised(matrix * factors[:, None])
        graph.constant(f"{name}.matrix", integers)
        graph.constant(f"{name}.scale", scales)
        graph.constant(f"{name}.zero", np.zeros_like(scales, np.int8))
        inputs = [f"{name}.{part}" for part in ("smooth", "matrix", "scale", "zero", "bias")]
        graph.add("DynamicQuantizeMatMul", inputs, name, _MICROSOFT)

    def _normalised(self, state: str, layer: str) -> str:
        scale = self._graph.constant(f"{layer}.scale", self._weights[f"{layer}.weight"])
        shift = self._graph.constant(f"{layer}.shift", self._weights[f"{layer}.bias"])
        epsilon = self._config["layer_norm_eps"]
        return self._graph.add(
            "LayerNormalization", [state, scale, shift], f"{state}.norm", epsilon=epsilon
        )


def _quantised(matrix: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix [k, n] as 8-bit integers and a scale for each column [n]."""
    scales = np.maximum(np.abs(matrix).max(axis=0), 1e-12) / _STEPS
    return np.rint(matrix / scales).astype(np.int8), scales.astype(np.float32)
