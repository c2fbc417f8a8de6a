"""Turns the trained weights into one TorchScript file that needs nothing of this repository."""

import json
import os
import warnings
from pathlib import Path

import torch

from model import DigitNet, ServedDigitNet


def main() -> None:
    # Newer releases of torch announce the end of TorchScript with each call.
    warnings.filterwarnings("ignore", message=".*torch.jit.*")
    weights = Path(os.environ["TRAINYARD_OUTPUT_DIR"]) / "model.pt"
    target = Path(os.environ["TRAINYARD_MODEL_FILE"])
    network = DigitNet()
    network.load_state_dict(torch.load(weights, map_location="cpu"))
    served = ServedDigitNet(network).eval()
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.jit.script(served).save(str(target))
    # Tells the next step how to call the module; -1 is the batch.
    example = {"inputs": [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 1, 8, 8]}]}
    target.with_name("example.json").write_text(json.dumps(example) + "\n", encoding="utf-8")
    print(f"exported {target.name}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
