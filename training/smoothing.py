"""Evens out what goes into a graph's matrices, before they are quantised to 8 bits.

What goes into a matrix is quantised with one scale, so a channel that runs much wider than the
others costs the others their digits. It is narrowed beforehand and the matrix's row widened by as
much: the product is the same (SmoothQuant: Xiao et al., 2023).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder_graph import smoothing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

SHARE = 0.7
"""Share of a channel's width that goes over into the matrix; 0.5 and 0.85 agree less."""


def smooth(path: Path, inputs: Iterable[Mapping[str, NDArray[Any]]], target: Path) -> None:
    """Write the ONNX model of `path` to `target`, smoothed for what it makes of `inputs`."""
    import onnx
    from onnx import helper, numpy_helper

    model: Any = onnx.load(str(path))
    graph = model.graph
    constants = {c.name: c for c in graph.initializer}
    users: defaultdict[str, list[Any]] = defaultdict(list)
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in constants:
            users[node.input[0]].append(node)
    widths = _widths(model, list(users), inputs)
    narrowing: dict[str, Any] = {}
    for name, nodes in users.items():
        matrices = [numpy_helper.to_array(constants[node.input[1]]) for node in nodes]
        factors = smoothing(np.concatenate(matrices, axis=1), widths[name], SHARE)
        narrower, narrowed = f"{name}.narrower", f"{name}.narrowed"
        graph.initializer.append(numpy_helper.from_array(1 / factors, narrower))
        narrowing[name] = helper.make_node("Mul", [name, narrower], [narrowed])
        for node, matrix in zip(nodes, matrices, strict=True):
            wider = numpy_helper.from_array(matrix * factors[:, None], node.input[1])
            constants[node.input[1]].CopyFrom(wider)
            node.input[0] = narrowed
    _insert(graph, narrowing)
    onnx.save(model, str(target))


def _widths(
    model: Any,  # noqa: ANN401 - onnx has no types
    names: list[str],
    inputs: Iterable[Mapping[str, NDArray[Any]]],
) -> dict[str, NDArray[np.float32]]:
    """The largest value that each channel of some states takes."""
    import onnx
    import onnxruntime

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    known = {output.name for output in watched.graph.output}
    for name in names:
        if name not in known:
            watched.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(watched.SerializeToString())
    found: dict[str, NDArray[np.float32]] = {}
    for arrays in inputs:
        real = arrays["attention_mask"] > 0
        for name, state in zip(names, session.run(names, dict(arrays)), strict=True):
            rows = state[real] if state.shape[:2] == real.shape else state
            widest = np.abs(rows).reshape(-1, state.shape[-1]).max(axis=0)
            found[name] = np.maximum(found.get(name, widest), widest)
    return found


def _insert(graph: Any, after: Mapping[str, Any]) -> None:  # noqa: ANN401 - onnx has no types
    """Put each node right after the one that makes what it is named for."""
    nodes = []
    for node in graph.node:
        nodes.append(node)
        nodes += [after[name] for name in node.output if name in after]
    del graph.node[:]
    graph.node.extend(nodes)
