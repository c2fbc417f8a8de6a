"""Trains the digit network on one process or on many, with gradients averaged over gloo."""

import argparse
import json
import os
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from data import read_split
from model import DigitNet


def main() -> None:
    args = parse_arguments()
    rank = int(os.environ.get("RANK", "0"))
    world = int(os.environ.get("WORLD_SIZE", "1"))
    torch.manual_seed(args.seed)
    if world > 1:
        # MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE come from the launcher.
        dist.init_process_group("gloo")
    network = train(args, rank, world)
    if rank == 0:
        save(network)
    if world > 1:
        dist.barrier()
        dist.destroy_process_group()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--lr", type=float, default=0.002, help="learning rate of Adam")
    parser.add_argument("--batch-size", type=int, default=64, help="images per step, over all processes")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def train(args: argparse.Namespace, rank: int, world: int) -> DigitNet:
    pixels, digits = read_split("train")
    images = pixels / 255.0
    print(f"rank {rank} of {world}: {len(digits)} images", flush=True)
    network = DigitNet()
    model = DistributedDataParallel(network) if world > 1 else network
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    share = max(1, args.batch_size // world)
    metrics = open_metrics(rank)
    step, began = 0, time.monotonic()
    for epoch in range(1, args.epochs + 1):
        for picked in batches(len(digits), share, rank, world, args.seed + epoch):
            loss = nn.functional.cross_entropy(model(images[picked]), digits[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            if metrics:
                write_metric(metrics, {"step": step, "epoch": epoch, "loss": round(loss.item(), 6)})
        if rank == 0:
            seconds = time.monotonic() - began
            print(f"epoch {epoch}/{args.epochs} loss {loss.item():.4f} {seconds:.1f}s", flush=True)
    if metrics:
        metrics.close()
    return network


def batches(count: int, share: int, rank: int, world: int, seed: int):
    """This rank's part of one shuffled epoch; every rank gets equally many steps, as the averaging needs."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(count, generator=generator)
    own = order[rank::world][: count // world]
    return own.split(share)


def open_metrics(rank: int):
    path = os.environ.get("TRAINYARD_METRICS_FILE")
    return open(path, "a", encoding="utf-8") if path and rank == 0 else None


def write_metric(file, values: dict) -> None:
    file.write(json.dumps(values) + "\n")
    file.flush()


def save(network: DigitNet) -> None:
    """Writes beside and renames, so that weights are never found half written."""
    target = Path(os.environ["TRAINYARD_OUTPUT_DIR"]) / "model.pt"
    beside = target.with_suffix(".tmp")
    torch.save(network.state_dict(), beside)
    beside.replace(target)
    print(f"saved {target.name}", flush=True)


if __name__ == "__main__":
    main()
