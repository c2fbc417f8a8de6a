"""The network: two small convolutions and a linear layer, about 10,000 weights."""

import torch
from torch import nn


class DigitNet(nn.Module):
    """Takes images scaled to 0..1 as [batch, 1, 8, 8] and returns one score per digit."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, 10),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


class ServedDigitNet(nn.Module):
    """What is served: takes grey values as they are in the images (0..255) and returns ten probabilities."""

    def __init__(self, network: DigitNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.network(pixels / 255.0), dim=1)
