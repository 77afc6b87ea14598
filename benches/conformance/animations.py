"""The generated animations, each of their frames compared on its canvas with what Pillow shows.

Pillow composes WebP with libwebp's own `WebPAnimDecoder`. GIF it composes as browsers do, but for two things that are
left out here: where no transparent index is declared it clears to the background colour, which browsers do not use, so every
frame declares one; and disposal 0 it takes for the disposal of the frame before, so 0 follows no 2 and no 3.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy
from content import KINDS, picture
from files import done
from PIL import Image
from webp_files import few_colours, kind_of, pam, with_alpha

CANVAS = (64, 48)
COLOURS = 8
TRANSPARENT = COLOURS


@dataclass
class Frame:
    kind: str
    path: Path
    frame: int


def by_pillow(frame):
    """The canvas at a frame; of GIF without the colours of transparent pixels, which mean nothing there."""
    try:
        shown = numpy.array(composed(frame.path)[frame.frame])
    except Exception as error:
        return f"error: {error}"
    if frame.path.suffix == ".gif":
        shown[shown[:, :, 3] == 0] = 0
    return shown


@functools.lru_cache(2)
def composed(path):
    frames = []
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(image.convert("RGBA"))
    return frames


def chance(*seed):
    return numpy.random.Generator(numpy.random.PCG64(list(seed)))


def frames_of(kind, path):
    with Image.open(path) as image:
        return [Frame(kind, path, number) for number in range(image.n_frames)]


def webp(folder):
    folder.mkdir(parents=True)
    frames = []
    for number in range(48):
        frames += frames_of("put together by webpmux", by_webpmux(folder, number))
    for number, options in enumerate((("-lossless",), ("-lossy", "-q", "40"), ("-mixed",), ("-min_size", "-kmax", "3"), ("-kmin", "9", "-kmax", "99"))):
        frames += frames_of("made by img2webp", by_img2webp(folder, number, options))
    for number, options in enumerate(((), ("-lossy",), ("-mixed",), ("-min_size",), ("-kmax", "0"))):
        for seed in range(4):
            path = folder / f"gif2webp-{number}-{seed}.webp"
            gif_file(path.with_suffix(".gif"), seed)
            frames += frames_of("made by gif2webp", run("gif2webp", "-quiet", *options, path.with_suffix(".gif"), "-o", path))
    return frames


def run(*command):
    """The last argument, the file that the program wrote."""
    if done([*map(str, command)], b"") is None:
        raise SystemExit(f"{command} failed")
    return command[-1]


def by_webpmux(folder, number):
    """A first frame of any place and kind, then seven that are blended or not, kept or cleared, whole or a part."""
    random, arguments = chance(1, number), []
    for at in range(8):
        whole = at == 0 and number % 3 > 0 or random.integers(0, 4) == 0
        width, height = CANVAS if whole else (int(random.integers(1, 41)), int(random.integers(1, 31)))
        x, y = (0, 0) if whole else (int(random.integers(0, CANVAS[0] - width + 1)) & ~1, int(random.integers(0, CANVAS[1] - height + 1)) & ~1)
        samples = picture(kind_of(at + number), width, height)
        alpha = random.integers(0, 4)
        if alpha > 0:
            samples = with_alpha(samples, ("mask", "smooth", "noise")[alpha - 1])
        options = (("-lossless",), ("-q", "50"), ("-exact", "-lossless"))[int(random.integers(0, 3))]
        path = folder / f"mux-{number}-{at}.webp"
        path.write_bytes(done(["cwebp", "-quiet", *options, "-o", "-", "--", "-"], pam(samples)))
        dispose, blend = int(random.integers(0, 2)), "+b" if random.integers(0, 2) else "-b"
        arguments += ["-frame", path, f"+100+{x}+{y}+{dispose}{blend}"]
    # One that reaches the corner, or else the canvas would be smaller than some are placed for.
    corner = folder / f"mux-{number}-corner.webp"
    corner.write_bytes(done(["cwebp", "-quiet", "-lossless", "-o", "-", "--", "-"], pam(picture("noise", 2, 2))))
    arguments += ["-frame", corner, f"+100+{CANVAS[0] - 2}+{CANVAS[1] - 2}+0-b"]
    path = run("webpmux", *arguments, "-bgcolor", "255,200,100,50", "-o", folder / f"mux-{number}.webp")
    data = bytearray(path.read_bytes())
    # The flag that some frame has alpha: what no frame covers is transparent, and Pillow would not say so.
    data[20] |= 0x10
    path.write_bytes(data)
    return path


def by_img2webp(folder, number, options):
    """A square that wanders over a picture; each third of the frames has a hole as well."""
    paths = []
    for at in range(9):
        samples = with_alpha(picture("photograph", *CANVAS), "smooth")
        samples[:, :, 3] = 255
        samples[4 + at : 20 + at, 5 * at : 5 * at + 16] = (200, 30, 10 * at, 255)
        samples[30:40, 2 * at : 2 * at + 9, 3] = 120 if at % 3 == 2 else 255
        paths.append(folder / f"img-{number}-{at}.png")
        Image.fromarray(samples).save(paths[-1])
    return run("img2webp", *options, *paths, "-o", folder / f"img-{number}.webp")


def gif(folder):
    folder.mkdir(parents=True)
    frames = []
    for number in range(60):
        path = folder / f"{number}.gif"
        gif_file(path, number)
        frames += frames_of("laid over each other by disposal 0 to 3", path)
    return frames


def gif_file(path, number):
    """Eight frames, whole or in part, some interlaced, with holes, of disposals 0 to 3."""
    random = chance(2, number)
    table = few_colours(numpy.arange(256, dtype=numpy.uint8)[None, :, None], COLOURS)[0, :: 256 // COLOURS]
    out = [b"GIF89a", numpy.array(CANVAS, "<u2").tobytes(), b"\xf3\0\0", table.tobytes(), bytes(3 * (16 - COLOURS))]
    disposal = 0
    for at in range(8):
        whole = at == 0 or random.integers(0, 4) == 0
        width, height = CANVAS if whole else (int(random.integers(1, 41)), int(random.integers(1, 31)))
        x, y = (0, 0) if whole else (int(random.integers(0, CANVAS[0] - width + 1)), int(random.integers(0, CANVAS[1] - height + 1)))
        index = picture(list(KINDS)[(at + number) % 4], width, height, 1)[:, :, 0] // (256 // COLOURS)
        if random.integers(0, 3):
            index[picture("noise", width, height, 1)[:, :, 0] > 170] = TRANSPARENT
        interlaced = int(random.integers(0, 2))
        if interlaced:
            index = numpy.concatenate([index[0::8], index[4::8], index[2::4], index[1::2]])
        disposal = int(random.integers(0 if disposal < 2 else 1, 4))
        out += [b"!\xf9\x04", bytes([disposal << 2 | 1, 10, 0, TRANSPARENT]), b"\0,"]
        out += [numpy.array([x, y, width, height], "<u2").tobytes(), bytes([interlaced << 6, 4]), *blocks(lzw(index.tobytes()))]
    path.write_bytes(b"".join([*out, b";"]))


def lzw(indices):
    """Codes of five bits and nothing but literals: a clear code comes before they would grow."""
    bits, count = 0, 0
    for at, index in enumerate(indices):
        for code in (16, index) if at % 14 == 0 else (index,):
            bits, count = bits | code << count, count + 5
    bits, count = bits | 17 << count, count + 5
    return bits.to_bytes(-(-count // 8), "little")


def blocks(data):
    for at in range(0, len(data), 255):
        yield bytes([len(data[at : at + 255])]) + data[at : at + 255]
    yield b"\0"
