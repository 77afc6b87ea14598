#!/usr/bin/env python3
"""How near scaled decoding and thumbnails of photographs are: photographs.py OURS PEER PICTURE... > TABLE.md

OURS is the example `decode` of fic-jpeg, PEER the program `fic-peer` of fic-bench. More in README.md beside this file.
"""

import math
import sys
import tempfile
from pathlib import Path

import numpy
from decoders import Ours

sys.path.append(str(Path(__file__).parent.parent / "peers"))
from contender import Workers  # noqa: E402
from likeness import Reference  # noqa: E402

SIDE = 256
LEAST_THUMBNAIL = 50.0


def averaged(full, divisor):
    """Each sample the mean of the `divisor` x `divisor` that it stands for; of fewer at the right and bottom edge."""
    sums = full.astype(numpy.float64)
    for axis in (0, 1):
        starts = numpy.arange(0, full.shape[axis], divisor)
        counts = numpy.diff(numpy.append(starts, full.shape[axis]))
        shape = [-1 if axis == other else 1 for other in range(3)]
        sums = numpy.add.reduceat(sums, starts, axis=axis) / counts.reshape(shape)
    return sums


def decibels(left, right):
    error = float(numpy.mean(numpy.square(left - right)))
    return 99.0 if error == 0 else 10 * math.log10(255**2 / error)


def thumbnail(workers, path, op, reference):
    with tempfile.NamedTemporaryFile() as pixels:
        answer = workers.ask("ours", file=str(path), op=op, n=0, pixels=pixels.name)
        samples = numpy.fromfile(pixels.name, numpy.uint8)
    if "error" in answer:
        raise SystemExit(f"{path}: {answer['error']}")
    return reference.psnr(samples.reshape(answer["height"], answer["width"], answer["channels"]))


def main():
    program, peer, *paths = sys.argv[1:]
    ours, workers = Ours(program), Workers(peer, None)
    print("| picture | pixels | 1/2 | 1/4 | 1/8 | thumbnail | fast | exact |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    least = math.inf
    for path in map(Path, paths):
        full = ours.decode(path)
        scaled = [decibels(ours.decode(path, divisor), averaged(full, divisor)) for divisor in (2, 4, 8)]
        reference = Reference(path.read_bytes())
        thumbnails = [thumbnail(workers, path, op, reference) for op in ("standard", "fast", "exact")]
        least = min(least, thumbnails[0])
        figures = " | ".join(f"{figure:.1f}" for figure in (*scaled, *thumbnails))
        print(f"| `{path.name}` | {full.shape[1]} x {full.shape[0]} | {figures} |", flush=True)
    ours.close()
    workers.close()
    print(f"\nLeast of the thumbnails at standard fidelity: {least:.1f} dB; asked for: {LEAST_THUMBNAIL:.0f}.")
    return 0 if least >= LEAST_THUMBNAIL else 1


if __name__ == "__main__":
    sys.exit(main())
