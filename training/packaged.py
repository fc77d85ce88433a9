"""Reads a packaged reader's weights back as floats, so that training can continue from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import torch

from mehealth_rag.reader.model import MODEL

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

_PREFIX = "model."
"""Prefix that `training.export` puts before parameter names."""

_SUFFIXES = (".weight", ".bias", ".near", ".level")
"""Endings of the parameter names that the graph keeps."""

_MATRIX_NODE = re.compile(r"/?(?P<path>.+)/(?:Gemm_)?MatMul(?:_quant)?")
"""Nodes that multiply by a matrix: their names contain the parameter's."""


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
