"""Measures the packaged module, and only it, on digits that training has not seen."""

import json
import os
import time
import warnings
from pathlib import Path

import torch

from data import read_split


def main() -> None:
    warnings.filterwarnings("ignore", message=".*torch.jit.*")
    module = torch.jit.load(os.environ["TRAINYARD_MODEL_FILE"], map_location="cpu").eval()
    pixels, digits = read_split("test")
    with torch.inference_mode():
        began = time.monotonic()
        probabilities = module(pixels)
        seconds = time.monotonic() - began
    right = probabilities.argmax(dim=1) == digits
    loss = torch.nn.functional.nll_loss(probabilities.clamp_min(1e-9).log(), digits)
    metrics = {
        "accuracy": round(right.float().mean().item(), 6),
        "loss": round(loss.item(), 6),
        "images": len(digits),
        "images_per_second": round(len(digits) / max(seconds, 1e-9), 1),
    }
    target = Path(os.environ["TRAINYARD_METRICS_JSON"])
    target.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    print(f"accuracy {metrics['accuracy']:.4f} on {metrics['images']} images")


if __name__ == "__main__":
    main()
