#!/usr/bin/env python3
"""Compares fic-webp, and the later frames of fic-gif, with libwebp and Pillow, sample by sample: webp.py OURS [SCRATCH] > TABLE.md

OURS is the program of `cargo build --release -p fic-testkit --example frames`. More in README.md beside this file.
"""

import platform
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import animations
import imagecodecs
import numpy
import PIL
from decoders import Ours
from libwebp import encoder_version, vp8_header
from tally import Tally, said, table, version, whole
from webp_files import make


def libwebp(data):
    """With its defaults: "fancy" upsampling, no dithering."""
    try:
        return imagecodecs.webp_decode(data)
    except Exception as error:
        return f"error: {error}"


def compare(files, reference, ours):
    """`files` have a kind and a path, and animations the number of a frame; `reference` gives the pixels."""
    by_kind, failures = defaultdict(Tally), []
    for file in files:
        frame = getattr(file, "frame", 0)
        theirs, mine = reference(file), ours.decode(file.path, frame)
        where = f"{file.path.name}, frame {frame}"
        if isinstance(theirs, str) or isinstance(mine, str):
            failures.append(f"{where}: the reference {said(theirs)}, ours {said(mine)}")
            continue
        if theirs.shape != mine.shape:
            theirs, mine = opaque(theirs), opaque(mine)
        if theirs.shape != mine.shape:
            failures.append(f"{where}: {theirs.shape} and {mine.shape}")
            continue
        difference = numpy.abs(theirs.astype(numpy.int16) - mine)
        by_kind[file.kind].add(difference)
        if difference.any():
            first = numpy.argwhere(difference.any(-1))[0]
            failures.append(f"{where}: {difference.max()} apart, first in row {first[0]}, column {first[1]}")
    return by_kind, failures


def opaque(samples):
    """With an alpha channel, where there is none."""
    if samples.shape[2] == 4:
        return samples
    return numpy.dstack([samples, numpy.full(samples.shape[:2], 255, numpy.uint8)])


def seen_in_headers(files):
    seen = Counter(word for file in files for word in vp8_header(file.path.read_bytes()))
    print("| what VP8 frame headers say | files |\n|---|--:|")
    for word, count in sorted(seen.items()):
        print(f"| {word} | {count:,} |")
    print()


def main():
    program, *scratch = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="webp-conformance-") as folder:
        folder = Path(scratch[0] if scratch else folder)
        stills, ours = make(folder / "stills"), Ours(program)
        by_kind, failures = compare(stills.files, lambda file: libwebp(file.path.read_bytes()), ours)
        frames = animations.webp(folder / "webp")
        by_animation, more = compare(frames, animations.by_pillow, ours)
        gif_frames = animations.gif(folder / "gif")
        by_gif, gif_failures = compare(gif_frames, animations.by_pillow, ours)
        ours.close()
        print(f"libwebp {imagecodecs.webp_version().split()[1]} of imagecodecs {imagecodecs.__version__} decodes stills, ", end="")
        print(f"Pillow {PIL.__version__} animations; cwebp {version('cwebp')} and libwebp {encoder_version()} encode; {platform.machine()}.\n")
        table("stills", {**by_kind, "**all**": whole(by_kind)})
        seen_in_headers(stills.files)
        table("frames of WebP animations", {**by_animation, "**all**": whole(by_animation)})
        table("frames of GIF animations", {**by_gif, "**all**": whole(by_gif)})
    failures += more + gif_failures
    print(f"Not made by the encoders: {len(stills.not_made)}. Not equal, or refused by one: {len(failures)}.")
    for line in (*failures, *stills.not_made):
        print(f"- {line}")
    return 1 if failures or stills.not_made else 0


if __name__ == "__main__":
    sys.exit(main())
