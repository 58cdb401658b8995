"""The encoder as it is shipped: a graph with one byte a weight, and its tokenizer."""

import tempfile
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from sluicegate.detection.models.encoder import TOKENIZER, WEIGHTS

from .encoder_fit import Network, tokenizer

_EXAMPLE = [101, 2023, 2003, 102]


def write(folder: Path, network: Network) -> None:
    """Write the encoder and its tokenizer."""
    with tempfile.TemporaryDirectory() as place:
        exported = Path(place) / "full.onnx"
        torch.onnx.export(
            network,
            (torch.tensor([_EXAMPLE] * 2),),
            str(exported),
            input_names=["tokens"],
            output_names=["odds"],
            dynamic_axes={"tokens": {0: "texts", 1: "length"}},
            dynamo=False,
            opset_version=17,
        )
        quantize_dynamic(
            exported,
            folder / WEIGHTS,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gather"],
        )
    (folder / TOKENIZER).write_text(tokenizer().to_str())
