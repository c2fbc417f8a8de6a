"""Reads the dataset repository: images/<split>/<index>-<digit>.png."""

import os
from pathlib import Path
from typing import Tuple

import numpy
import torch
from PIL import Image


def read_split(split: str) -> Tuple[torch.Tensor, torch.Tensor]:
    """Grey values 0..255 as float [count, 1, 8, 8], and the digits, in the order of their names."""
    folder = Path(os.environ["TRAINYARD_DATASET_DIR"]) / "images" / split
    files = sorted(folder.glob("*.png"))
    if not files:
        raise SystemExit(f"no images in {folder}: is this the digits dataset?")
    images = numpy.empty((len(files), 1, 8, 8), dtype=numpy.float32)
    for position, file in enumerate(files):
        with Image.open(file) as image:
            images[position, 0] = numpy.asarray(image.convert("L"))
    digits = [int(file.stem.rsplit("-", 1)[1]) for file in files]
    return torch.from_numpy(images), torch.tensor(digits)
