"""The layout step: finds out what the exported module really takes and returns, and writes config.pbtxt.

TRAINYARD_MODEL_FILE is `<model>/1/model.torchscript`. How to call the module stands in `example.json` beside it (or
beside config.pbtxt), or in a config.pbtxt that the export step wrote.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import List, NoReturn, Tuple

from model_config import TORCH_NAMES, ConfigError, ModelConfig, Tensor, read_config, write_config

EXAMPLE = '{"inputs": [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 1, 8, 8]}]}'
MAX_BATCH = 64
# Tried for a size that may be any, other than the batch.
ANY_SIZE = 32


def main() -> None:
    file = os.environ.get("TRAINYARD_MODEL_FILE")
    if not file:
        fail("TRAINYARD_MODEL_FILE is not set")
    path = Path(file)
    if not path.is_file():
        fail(f"{path.parent.parent.name}/1/{path.name} was not written: the export must save the module there")
    model = path.parent.parent
    inputs = declared_inputs(path)
    outputs, batched = probe(path, inputs)
    config = ModelConfig(inputs if batched else fixed(inputs), outputs, MAX_BATCH if batched else 0)
    target = model / "config.pbtxt"
    beside = target.with_suffix(".tmp")
    beside.write_text(write_config(model.name, config), encoding="utf-8")
    beside.replace(target)
    print(f"{model.name}: {describe(config.inputs)} -> {describe(config.outputs)}")


def declared_inputs(path: Path) -> List[Tensor]:
    folders = (path.parent, path.parent.parent)
    for file in (folder / "example.json" for folder in folders):
        if file.is_file():
            return read_example(file)
    present = path.parent.parent / "config.pbtxt"
    if not present.is_file():
        fail(f"no example.json beside {path.name}: write how to call the module there, for instance\n  {EXAMPLE}")
    try:
        return read_config(present.read_text(encoding="utf-8")).inputs
    except (ConfigError, ValueError) as error:
        fail(f"config.pbtxt: {error}")


def read_example(file: Path) -> List[Tensor]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        entries = document["inputs"] if isinstance(document, dict) and "inputs" in document else document
        entries = entries if isinstance(entries, list) else [entries]
        inputs = [
            Tensor(str(entry.get("name", f"INPUT__{index}")), entry["datatype"], [int(size) for size in entry["shape"]])
            for index, entry in enumerate(entries)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fail(f"example.json cannot be read ({type(error).__name__}: {error}); it looks like\n  {EXAMPLE}")
    for tensor in inputs:
        if tensor.datatype not in TORCH_NAMES:
            fail(f"example.json: datatype {tensor.datatype!r} is not served; known: {', '.join(TORCH_NAMES)}")
    if not inputs:
        fail(f"example.json names no input; it looks like\n  {EXAMPLE}")
    return inputs


def probe(path: Path, inputs: List[Tensor]) -> Tuple[List[Tensor], bool]:
    """Calls the module with one and with two rows. A module that takes only one is served without batches."""
    import torch

    warnings.filterwarnings("ignore", message=".*torch.jit.*")
    torch.set_num_threads(1)
    try:
        module = torch.jit.load(str(path), map_location="cpu").eval()
    except Exception as error:  # torch raises RuntimeError, but also what unpickling raises
        fail(f"{path.name} is not a TorchScript module: {last_line(error)}")
    try:
        one = call(torch, module, inputs, 1)
    except Exception as error:
        fail(f"the module refuses zeros of {describe(inputs)}: {last_line(error)}")
    two = None
    if all(tensor.shape[:1] == [-1] for tensor in inputs):
        try:
            two = call(torch, module, inputs, 2)
        except Exception as error:
            print(f"served without batches, because two rows are refused: {last_line(error)}")
    batched = two is not None and all(
        a.shape[:1] == [1] and b.shape[:1] == [2] and len(a.shape) == len(b.shape) for a, b in zip(one, two)
    )
    if not batched or two is None:
        return one, False
    return [
        Tensor(a.name, a.datatype, [-1] + [x if x == y else -1 for x, y in zip(a.shape[1:], b.shape[1:])])
        for a, b in zip(one, two)
    ], True


def call(torch, module, inputs: List[Tensor], rows: int) -> List[Tensor]:
    arguments = []
    for tensor in inputs:
        shape = [ANY_SIZE if size < 0 else size for size in tensor.shape]
        if tensor.shape[:1] == [-1]:
            shape[0] = rows
        arguments.append(torch.zeros(shape, dtype=getattr(torch, TORCH_NAMES[tensor.datatype])))
    with torch.no_grad():
        result = module(*arguments)
    named = list(result.items()) if isinstance(result, dict) else None
    values = result if isinstance(result, (tuple, list)) else [result]
    known = {getattr(torch, name): datatype for datatype, name in TORCH_NAMES.items()}
    outputs = []
    for name, value in named or [(f"OUTPUT__{index}", value) for index, value in enumerate(values)]:
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"{name} is a {type(value).__name__}; return a tensor, or a tuple of tensors")
        if value.dtype not in known:
            raise TypeError(f"{name} has the type {value.dtype}, which the protocol does not know")
        outputs.append(Tensor(name, known[value.dtype], list(value.shape)))
    return outputs


def fixed(inputs: List[Tensor]) -> List[Tensor]:
    return [Tensor(t.name, t.datatype, [1] + t.shape[1:] if t.shape[:1] == [-1] else t.shape) for t in inputs]


def describe(tensors: List[Tensor]) -> str:
    return ", ".join(f"{t.name} {t.datatype}{t.shape}" for t in tensors)


def last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def fail(message: str) -> NoReturn:
    print(f"layout: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
