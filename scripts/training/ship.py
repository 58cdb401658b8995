"""Weights as they are shipped: one byte each."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from sluicegate.detection.models.calibration import FILE as CALIBRATION
from sluicegate.detection.models.encoder import TOKENIZER
from sluicegate.detection.models.encoder import WEIGHTS as ENCODER
from sluicegate.detection.models.linear import WEIGHTS as LINEAR

from .encoder_fit import Network, tokenizer
from .rows import HEADS

_EXTREME = 127


def linear(folder: Path, heads: Sequence[tuple[npt.NDArray[np.float64], float]]) -> list[tuple[float, float]]:
    """Write the weights of the linear heads; return what a sum of bytes is times, and what is added."""
    scales = [float(np.quantile(np.abs(weights[weights != 0]), 0.9995)) / _EXTREME for weights, _ in heads]
    rounded = [
        np.clip(np.rint(weights / scale), -_EXTREME, _EXTREME).astype(np.int8)
        for (weights, _), scale in zip(heads, scales, strict=True)
    ]
    (folder / LINEAR).write_bytes(np.stack(rounded).tobytes())
    return [(scale, offset) for scale, (_, offset) in zip(scales, heads, strict=True)]


def encoder(folder: Path, network: Network) -> None:
    """Write the encoder and its tokenizer."""
    with tempfile.TemporaryDirectory() as place:
        exported = Path(place) / "full.onnx"
        example = torch.tensor([[101, 2023, 2003, 102]] * 2)
        torch.onnx.export(
            network,
            (example,),
            str(exported),
            input_names=["tokens"],
            output_names=["odds"],
            dynamic_axes={"tokens": {0: "texts", 1: "length"}},
            dynamo=False,
            opset_version=17,
        )
        quantize_dynamic(
            exported,
            folder / ENCODER,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gather"],
        )
    (folder / TOKENIZER).write_text(tokenizer().to_str())


def calibration(
    folder: Path,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    stacker: Sequence[Sequence[float]],
) -> None:
    """Write the lines of each model's heads (slope, offset), and the stacker's weights (offset, slopes)."""
    said = ["# Written by scripts/training: log-odds of each head are slope * raw + offset."]
    for model, by_head in lines.items():
        said += ["", f"[{model}]"]
        said += [
            f"{head} = {json.dumps([round(x, 8) for x in line])}"
            for head, line in zip(HEADS, by_head, strict=True)
        ]
    said += [
        "",
        "# Offset, then a slope for each log-odds: the heads of tier 1, then those of tier 2.",
        "[stacker]",
    ]
    said += [
        f"{head} = {json.dumps([round(x, 6) for x in own])}" for head, own in zip(HEADS, stacker, strict=True)
    ]
    (folder / CALIBRATION).write_text("\n".join(said) + "\n")
