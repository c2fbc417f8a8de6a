"""Serves one TorchScript module over the Open Inference Protocol v2, on the loopback interface only."""

import argparse
import asyncio
import gc
import importlib.util
import logging
import os
import socket
import sys
import time
import types
import warnings
from pathlib import Path
from typing import NoReturn

from model_config import TORCH_NAMES, ConfigError, ModelConfig, read_config

# Requests that are being answered get this many seconds when the server is told to stop.
STOP_SECONDS = 1
# The server of the version before may still be going when this one is loaded.
PORT_SECONDS = 6


def main() -> None:
    # What is imported stays: looking for garbage in it takes a fifth of the start.
    gc.disable()
    args = parse_arguments()
    folder = Path(args.model_dir) / args.name
    try:
        config = read_config((folder / "config.pbtxt").read_text(encoding="utf-8"))
    except (OSError, ConfigError, ValueError) as error:
        fail(f"config.pbtxt: {error}")
    module = load_module(folder / "1" / "model.torchscript")
    serve(args.name, config, module, args.port)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-dir", required=True, help="folder that holds the folder named like the model")
    parser.add_argument("--name", required=True, help="the model's name in the protocol")
    parser.add_argument("--port", type=int, required=True)
    args = parser.parse_args()
    # kserve reads the command line too, when it is imported.
    sys.argv = sys.argv[:1]
    return args


def load_module(path: Path):
    import torch

    warnings.filterwarnings("ignore", message=".*torch.jit.*")
    try:
        return torch.jit.load(str(path), map_location="cpu").eval()
    except Exception as error:
        fail(f"{path.name} cannot be loaded: {error}")


def import_kserve():
    """The server without the package's Kubernetes client and its hundred resource types, which are half its start."""
    spec = importlib.util.find_spec("kserve")
    if spec is None or not spec.submodule_search_locations:
        fail("this Python has no kserve: pip install kserve==0.21.0")
    package = types.ModuleType("kserve")
    package.__path__ = list(spec.submodule_search_locations)
    pandas = types.ModuleType("pandas")
    # Named in annotations and in one isinstance(); no frame ever reaches this server.
    pandas.DataFrame = type("DataFrame", (), {})
    sys.modules.update(kserve=package, pandas=pandas)
    try:
        from kserve import model, model_server
    except (ImportError, AttributeError):
        # Another release, with other inner imports: take all of it.
        for name in [name for name in sys.modules if name.split(".")[0] in ("kserve", "pandas")]:
            del sys.modules[name]
        from kserve import model, model_server
    return model, model_server


def serve(name: str, config: ModelConfig, module, port: int) -> None:
    model_room, server_room = import_kserve()
    model = make_model(model_room.Model, name, config, module)
    gc.freeze()
    gc.enable()

    class LoopbackServer(server_room.RESTServer):
        """The package itself listens on every interface."""

        def __init__(self, *args, **kwargs) -> None:
            super().__init__(*args, **kwargs)
            self.config.host = "127.0.0.1"

    server_room.RESTServer = LoopbackServer
    server = server_room.ModelServer(
        http_port=port,
        workers=1,
        enable_grpc=False,
        enable_latency_logging=False,
        grace_period=STOP_SECONDS,
    )
    quieten_log()
    wait_for_port(port)
    server.start([model])
    # Nothing is left to be kept; taking torch apart in order would take longer than all of the stop.
    sys.stdout.flush()
    os._exit(0)


def wait_for_port(port: int) -> None:
    """When the time is over the server itself reports that the port is taken."""
    end = time.monotonic() + PORT_SECONDS
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen(1)
                return
            except OSError:
                time.sleep(0.02)


def quieten_log() -> None:
    """One line a request: none for looks at the health, for timings, or for where in the server a request was refused."""
    warnings.filterwarnings("ignore", message="ORJSONResponse is deprecated")
    logging.getLogger("kserve.trace").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").addFilter(lambda record: "/v2/health/" not in record.getMessage())
    logging.getLogger("kserve").setLevel(logging.WARNING)
    logging.getLogger("kserve").addFilter(without_trace)


def without_trace(record: logging.LogRecord) -> bool:
    if record.exc_info and type(record.exc_info[1]).__name__ in ("InvalidInput", "ModelNotFound"):
        record.msg, record.args, record.exc_info = f"refused: {record.exc_info[1]}", (), None
    return True


def make_model(base: type, name: str, config: ModelConfig, module):
    import torch
    from kserve.errors import InferenceError, InvalidInput
    from kserve.protocol.infer_type import InferOutput, InferResponse

    class TorchScriptModel(base):
        def get_input_types(self):
            return [tensor._asdict() for tensor in config.inputs]

        def get_output_types(self):
            return [tensor._asdict() for tensor in config.outputs]

        async def predict(self, payload, headers=None, response_headers=None):
            try:
                given = {tensor.name: tensor for tensor in payload.inputs}
            except AttributeError:
                raise InvalidInput("ask with the v2 protocol: POST /v2/models/<name>/infer") from None
            arguments = [tensor_of(given, declared) for declared in config.inputs]
            # In a thread, so that the health check is answered while the module computes.
            result = await asyncio.to_thread(call, arguments)
            return InferResponse(response_id=payload.id or "", model_name=self.name, infer_outputs=outputs(result))

    def tensor_of(given, declared):
        tensor = given.get(declared.name)
        if tensor is None:
            raise InvalidInput(f"input {declared.name!r} is missing")
        if tensor.datatype != declared.datatype:
            raise InvalidInput(f"{declared.name} has datatype {tensor.datatype}, the model takes {declared.datatype}")
        shape = list(tensor.shape)
        if len(shape) != len(declared.shape) or any(a not in (-1, b) for a, b in zip(declared.shape, shape)):
            raise InvalidInput(f"{declared.name} has shape {shape}, the model takes {declared.shape}")
        if config.max_batch_size and shape[0] > config.max_batch_size:
            raise InvalidInput(f"{declared.name} has {shape[0]} rows, the model takes {config.max_batch_size}")
        return torch.tensor(tensor.as_numpy().reshape(shape))

    def call(arguments):
        with torch.inference_mode():
            try:
                return module(*arguments)
            except RuntimeError as error:
                raise InferenceError(str(error).strip().splitlines()[-1]) from None

    def outputs(result):
        values = [result] if isinstance(result, torch.Tensor) else result
        if isinstance(values, dict):
            values = [values[declared.name] for declared in config.outputs]
        return [
            InferOutput(declared.name, list(value.shape), datatype(value), data=value.flatten().tolist())
            for declared, value in zip(config.outputs, values)
        ]

    def datatype(value) -> str:
        name = str(value.dtype).replace("torch.", "")
        return next(key for key, torch_name in TORCH_NAMES.items() if torch_name == name)

    model = TorchScriptModel(name)
    model.load()
    return model


def fail(message: str) -> NoReturn:
    print(f"server: {message}", file=sys.stderr, flush=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
