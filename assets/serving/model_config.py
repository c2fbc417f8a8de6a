"""Reads and writes the part of Triton's config.pbtxt that Trainyard uses: names, types and shapes of tensors."""

import re
from typing import Dict, List, NamedTuple

# Datatype of the inference protocol, and the name torch has for it.
TORCH_NAMES: Dict[str, str] = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
}

TOKEN = re.compile(r'\s+|#[^\n]*|("(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w.]*|[-+]?\d[\w.+-]*|[{}\[\]:,;])')


class ConfigError(ValueError):
    """The file is not a config.pbtxt that a TorchScript module can be served with."""


class Tensor(NamedTuple):
    """`shape` as the protocol counts it: with the batch, -1 for any size."""

    name: str
    datatype: str
    shape: List[int]


class ModelConfig(NamedTuple):
    inputs: List[Tensor]
    outputs: List[Tensor]
    max_batch_size: int


def read_config(text: str) -> ModelConfig:
    fields = _message(_tokens(text), end=None)
    batch = int(_one(fields, "max_batch_size", "0"))
    leading = [-1] if batch > 0 else []
    return ModelConfig(_tensors(fields, "input", leading), _tensors(fields, "output", leading), batch)


def write_config(model: str, config: ModelConfig) -> str:
    """With a batch size above 0 Triton adds the batch to the dims by itself, so they are written without it."""
    skip = 1 if config.max_batch_size > 0 else 0
    lines = [
        f"name: {_quoted(model)}",
        'platform: "pytorch_libtorch"',
        'default_model_filename: "model.torchscript"',
        f"max_batch_size: {config.max_batch_size}",
    ]
    for kind, tensors in (("input", config.inputs), ("output", config.outputs)):
        for tensor in tensors:
            dims = ", ".join(str(size) for size in tensor.shape[skip:])
            lines += [
                f"{kind} {{",
                f"  name: {_quoted(tensor.name)}",
                f"  data_type: TYPE_{tensor.datatype}",
                f"  dims: [ {dims} ]" if dims else "  dims: [ 1 ]\n  reshape: { shape: [ ] }",
                "}",
            ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _tokens(text: str) -> List[str]:
    tokens, position = [], 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            line = text.count("\n", 0, position) + 1
            raise ConfigError(f"line {line}: cannot read {text[position:position + 20]!r}")
        if match.group(1) and match.group(1) not in ",;":
            tokens.append(match.group(1))
        position = match.end()
    tokens.reverse()
    return tokens


def _message(tokens: List[str], end) -> Dict[str, list]:
    fields: Dict[str, list] = {}
    while tokens:
        name = tokens.pop()
        if name == end:
            return fields
        if tokens and tokens[-1] == ":":
            tokens.pop()
        fields.setdefault(name, []).extend(_values(tokens))
    if end is not None:
        raise ConfigError(f"a {end!r} is missing at the end")
    return fields


def _values(tokens: List[str]) -> list:
    """One value, or the values of a list."""
    if not tokens:
        raise ConfigError("a value is missing at the end")
    token = tokens.pop()
    if token == "{":
        return [_message(tokens, "}")]
    if token != "[":
        return [token[1:-1] if token.startswith('"') else token]
    values = []
    while tokens and tokens[-1] != "]":
        values += _values(tokens)
    if not tokens:
        raise ConfigError("a ']' is missing at the end")
    tokens.pop()
    return values


def _one(fields: Dict[str, list], name: str, default=None):
    values = fields.get(name, [])
    if values:
        return values[-1]
    if default is None:
        raise ConfigError(f"{name!r} is missing")
    return default


def _tensors(fields: Dict[str, list], kind: str, leading: List[int]) -> List[Tensor]:
    tensors = []
    for entry in fields.get(kind, []):
        if not isinstance(entry, dict):
            raise ConfigError(f"{kind} must be a block in braces")
        datatype = _one(entry, "data_type").replace("TYPE_", "", 1)
        if datatype not in TORCH_NAMES:
            raise ConfigError(f"data_type TYPE_{datatype} is not served; known: {', '.join(TORCH_NAMES)}")
        dims = [int(size) for size in entry.get("dims", [])]
        if "reshape" in entry:
            dims = [int(size) for size in _one(entry, "reshape").get("shape", [])]
        tensors.append(Tensor(_one(entry, "name"), datatype, leading + dims))
    if not tensors:
        raise ConfigError(f"no {kind} is declared")
    return tensors
