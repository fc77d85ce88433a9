"""Writes a BERT encoder as an ONNX graph from its weights: no torch, one second, 35 MB.

Matrices are stored as 8-bit integers with a scale per column and multiplied as integers; everything
else is computed in fp32. A matrix's input is quantised with a single scale, so channels with a much
larger range would cost the others precision. Such channels are scaled down beforehand and their
matrix rows scaled up to match (SmoothQuant: Xiao et al., 2023). The channel ranges were measured
once (`training/encoder.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Ranges: TypeAlias = "Mapping[str, NDArray[np.floating[Any]]]"
"""Largest absolute value of each input channel of a matrix, by the matrix's name."""

OUTPUT = "last_hidden_state"
_ONNX, _MICROSOFT = "", "com.microsoft"
_OPSET, _IR = 17, 8
_SMOOTHING = 0.85
"""Share of a channel's range that is moved into the matrix (SmoothQuant's alpha)."""
_LEAST = 1e-4
_STEPS = 127  # largest magnitude of a symmetric 8-bit integer


def write_encoder(model: Path, target: Path, ranges: Ranges | None) -> None:
    """Write the encoder of a BERT model's folder to `target`; in fp32 where `ranges` is None.

    Input: `input_ids` int64 [1, t], complete and unpadded. Output: `last_hidden_state` [1, t, d].

    Raises:
        OSError: a file cannot be read or written.
        KeyError: the model is not a BERT.
    """
    import onnx
    from safetensors.numpy import load_file

    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    weights = load_file(model / "model.safetensors")
    onnx.save(_Bert(weights, config, ranges).model(), str(target))


def smoothing(matrix: Array, widths: Array, share: float) -> NDArray[np.float32]:
    """The factor of each input channel [k]: inputs are divided by it, matrix rows multiplied by it.

    `matrix` is [k, n]. `widths` [k] are the channels' largest absolute values, of which `share`
    moves into the matrix.
    """
    input_widths = np.maximum(widths.astype(np.float64), _LEAST) ** share
    row_widths = np.maximum(np.abs(matrix).max(axis=1), _LEAST) ** (1 - share)
    return np.asarray(input_widths / row_widths, np.float32)


class _Bert:
    """Builds the graph of one model, layer by layer."""

    def __init__(
        self, weights: Mapping[str, Array], config: Mapping[str, Any], ranges: Ranges | None
    ) -> None:
        self._weights = weights
        self._config = config
        self._ranges = ranges
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> Any:  # noqa: ANN401 - onnx has no types
        from onnx import TensorProto, helper

        state = self._embedded()
        for number in range(self._config["num_hidden_layers"]):
            state = self._layer(number, state)
        self._add("Identity", [state], OUTPUT)
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "token"])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, "token", "width"])],
            self._constants,
        )
        opsets = [helper.make_opsetid(_ONNX, _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR)

    def _embedded(self) -> str:
        weights = self._weights
        words = weights["embeddings.word_embeddings.weight"]
        positions = weights["embeddings.position_embeddings.weight"]
        types = weights["embeddings.token_type_embeddings.weight"]
        half = words if self._ranges is None else words.astype(np.float16)
        self._constant("words", half)
        self._constant("places", positions + types[0])  # all tokens have type 0
        self._constant("first", np.array([0]))
        self._constant("second", np.array([1]))
        self._add("Gather", ["words", "input_ids"], "word")
        self._add("Cast", ["word"], "word32", to=1)
        self._add("Shape", ["input_ids"], "shape")
        self._add("Gather", ["shape", "second"], "length")
        self._add("Slice", ["places", "first", "length"], "place")
        self._add("Add", ["word32", "place"], "embedded")
        return self._normalised("embedded", "embeddings.LayerNorm")

    def _layer(self, number: int, state: str) -> str:
        layer, n = f"encoder.layer.{number}", str(number)
        width = self._config["hidden_size"]
        projections = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
        self._linear(f"{n}.qkv", state, *projections)
        self._constant(f"{n}.parts", np.array([width] * 3))
        parts = [f"{n}.q", f"{n}.k", f"{n}.v"]
        self._add("Split", [f"{n}.qkv", f"{n}.parts"], *parts, axis=-1)
        heads = self._config["num_attention_heads"]
        self._add("MultiHeadAttention", parts, f"{n}.heads", domain=_MICROSOFT, num_heads=heads)
        self._linear(f"{n}.attended", f"{n}.heads", f"{layer}.attention.output.dense")
        self._add("Add", [state, f"{n}.attended"], f"{n}.first")
        state = self._normalised(f"{n}.first", f"{layer}.attention.output.LayerNorm")
        self._linear(f"{n}.wide", state, f"{layer}.intermediate.dense")
        self._add("Gelu", [f"{n}.wide"], f"{n}.active", domain=_MICROSOFT)
        self._linear(f"{n}.narrow", f"{n}.active", f"{layer}.output.dense")
        self._add("Add", [state, f"{n}.narrow"], f"{n}.second")
        return self._normalised(f"{n}.second", f"{layer}.output.LayerNorm")

    def _linear(self, name: str, state: str, *layers: str) -> None:
        """Multiply `state` by the concatenated matrices of `layers`, and add their biases."""
        matrix = np.concatenate([self._weights[f"{x}.weight"] for x in layers]).T
        bias = np.concatenate([self._weights[f"{x}.bias"] for x in layers])
        self._constant(f"{name}.bias", bias)
        if self._ranges is None:
            self._constant(f"{name}.matrix", matrix)
            self._add("MatMul", [state, f"{name}.matrix"], f"{name}.product")
            self._add("Add", [f"{name}.product", f"{name}.bias"], name)
            return
        factors = smoothing(matrix, self._ranges[name], _SMOOTHING)
        self._constant(f"{name}.smoothing", 1 / factors)
        self._add("Mul", [state, f"{name}.smoothing"], f"{name}.smooth")
        integers, scales = _quantised(matrix * factors[:, None])
        self._constant(f"{name}.matrix", integers)
        self._constant(f"{name}.scale", scales)
        self._constant(f"{name}.zero", np.zeros_like(scales, np.int8))
        inputs = [f"{name}.{part}" for part in ("smooth", "matrix", "scale", "zero", "bias")]
        self._add("DynamicQuantizeMatMul", inputs, name, domain=_MICROSOFT)

    def _normalised(self, state: str, layer: str) -> str:
        scale = self._constant(f"{layer}.scale", self._weights[f"{layer}.weight"])
        shift = self._constant(f"{layer}.shift", self._weights[f"{layer}.bias"])
        epsilon = self._config["layer_norm_eps"]
        return self._add(
            "LayerNormalization", [state, scale, shift], f"{state}.norm", epsilon=epsilon
        )

    def _constant(self, name: str, value: Array) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _add(
        self,
        kind: str,
        inputs: list[str],
        *outputs: str,
        domain: str = _ONNX,
        **attributes: Any,  # noqa: ANN401 - ONNX's
    ) -> str:
        """Add a node and return the name of its first output."""
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return outputs[0]


def _quantised(matrix: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantise a matrix [k, n] to 8-bit integers with a scale per column [n]."""
    scales = np.maximum(np.abs(matrix).max(axis=0), 1e-12) / _STEPS
    return np.rint(matrix / scales).astype(np.int8), scales.astype(np.float32)
