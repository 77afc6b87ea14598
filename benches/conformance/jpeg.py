#!/usr/bin/env python3
"""Compares fic-jpeg with libjpeg-turbo, sample by sample: jpeg.py OURS [SCRATCH] > TABLE.md

OURS is the program of `cargo build --release -p fic-jpeg --example decode`. More in README.md beside this file.
"""

import platform
import sys
import tempfile
from collections import defaultdict

import imagecodecs
import numpy
from decoders import Ours, libjpeg_turbo, rules, sampling
from files import make
from tally import Tally, said, table, version, whole

# What two right decoders may be apart.
TOLERANCE = 4


def compare(maker, ours):
    by_kind, by_rule, failures, not_compared = defaultdict(Tally), defaultdict(Tally), [], []
    for file in maker.files:
        data = file.path.read_bytes()
        theirs, mine = libjpeg_turbo(data, file.colour), ours.decode(file.path)
        if isinstance(theirs, str) or isinstance(mine, str):
            both = isinstance(theirs, str) and isinstance(mine, str)
            (not_compared if both else failures).append(f"{file.path.name}: libjpeg-turbo {said(theirs)}, ours {said(mine)}")
            continue
        if theirs.shape != mine.shape:
            failures.append(f"{file.path.name}: {theirs.shape} and {mine.shape}")
            continue
        difference = numpy.abs(theirs.astype(numpy.int16) - mine)
        by_kind[file.kind].add(difference)
        by_rule[", ".join(sorted(set(rules(data))))].add(difference)
        if difference.max() > TOLERANCE:
            failures.append(f"{file.path.name}: {difference.max()} apart, {sampling(data)}")
    return by_kind, by_rule, failures, not_compared


def families(maker, ours):
    """Files of the same coefficients at every scale: how many were compared, and which have other pixels than the first."""
    firsts, compared, failures = {}, 0, []
    for file in maker.files:
        for divisor in (1, 2, 4, 8):
            pixels = ours.decode(file.path, divisor)
            first = firsts.setdefault((file.family, divisor), pixels)
            if first is pixels:
                continue
            compared += 1
            if isinstance(pixels, str) or isinstance(first, str) or not numpy.array_equal(first, pixels):
                failures.append(f"{file.path.name} at 1/{divisor}: not the pixels of the first of its family")
    return compared, failures


def main():
    program, *scratch = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="jpeg-conformance-") as folder:
        maker = make(scratch[0] if scratch else folder)
        ours = Ours(program)
        by_kind, by_rule, failures, not_compared = compare(maker, ours)
        pairs, others = families(maker, ours)
        ours.close()
    print(f"libjpeg-turbo {imagecodecs.jpeg8_version().split()[1]} of imagecodecs {imagecodecs.__version__} decodes; ", end="")
    print(f"cjpeg and jpegtran {version('cjpeg')} encode; {platform.machine()}.\n")
    table("kind of file", {**by_kind, "**all**": whole(by_kind)})
    table("how components come to full size", dict(sorted(by_rule.items())))
    print(f"Refused by both: {len(not_compared)}. Not made by the encoders: {len(maker.not_made)}. ", end="")
    print(f"More than {TOLERANCE} apart, or refused by one: {len(failures)}.")
    print(f"Pairs of the same coefficients sent in two ways, at 1/1, 1/2, 1/4 and 1/8: {pairs:,}; with other pixels: {len(others)}.")
    for line in (*failures, *others, *not_compared):
        print(f"- {line}")
    return 1 if failures or others else 0


if __name__ == "__main__":
    sys.exit(main())
