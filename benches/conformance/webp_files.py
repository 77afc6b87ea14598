"""The generated WebP stills: their classes, and how each is made. Nothing is left to chance but by fixed seeds."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy
from content import KINDS, picture
from files import done
from libwebp import encode


@dataclass
class File:
    kind: str
    path: Path


class Maker:
    """Writes files into a folder; what an encoder will not make is counted and left out."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.files, self.not_made = [], []

    def keep(self, kind, name, data):
        if data is None:
            self.not_made.append(name)
            return
        path = self.folder / f"{len(self.files):04}-{name}.webp"
        path.write_bytes(data)
        self.files.append(File(kind, path))

    def cwebp(self, kind, name, samples, *options):
        options = [*map(str, options)]
        self.keep(kind, f"{kind}-{name}".replace(" ", "_"), done(["cwebp", "-quiet", *options, "-o", "-", "--", "-"], pam(samples)))


def pam(samples):
    """Rows of grey, red green blue, or those with alpha."""
    height, width, channels = samples.shape
    kind = {1: "GRAYSCALE", 3: "RGB", 4: "RGB_ALPHA"}[channels]
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL 255\nTUPLTYPE {kind}\nENDHDR\n"
    return head.encode() + samples.tobytes()


def kind_of(index):
    return list(KINDS)[index % len(KINDS)]


def with_alpha(samples, alpha):
    """A plane of alpha of that kind of content; "mask" is all or nothing, in letters."""
    height, width = samples.shape[:2]
    if alpha == "mask":
        plane = (picture("text", width, height, 1) < 128) * numpy.uint8(255)
    else:
        plane = picture(alpha, width, height, 1)
    return numpy.ascontiguousarray(numpy.concatenate([samples[:, :, :3], plane], -1))


def few_colours(samples, colours):
    """At most so many colours, each a shade of its own."""
    index = samples[:, :, 0].astype(numpy.int64) * colours // 256
    table = numpy.random.Generator(numpy.random.PCG64(colours)).integers(0, 256, (colours, 3)).astype(numpy.uint8)
    return table[index]


def sides():
    """Every pair of small sides, and larger ones up to 70, each of them once across and once down."""
    yield from product(range(1, 18), range(1, 18))
    yield from ((side, side * 29 % 71) for side in range(1, 71))


def by_size(maker):
    for index, (width, height) in enumerate(sides()):
        samples, name = picture(kind_of(index), width, height), f"{width}x{height}"
        maker.cwebp("sizes, lossy", name, samples, "-q", index * 37 % 101, "-m", index % 7)
        if index % 3 == 0:
            alpha = ("smooth", "mask", "noise")[index // 3 % 3]
            maker.cwebp("sizes, lossy with alpha", name, with_alpha(samples, alpha), "-q", 60, "-alpha_q", (100, 30)[index % 2])
        if index % 3 == 1:
            content = few_colours(samples, 2 + index % 30) if index % 2 else samples
            maker.cwebp("sizes, lossless", name, content, "-z", index % 10)


def by_quality(maker):
    for quality in range(101):
        maker.cwebp("quality and method", f"q{quality}", picture(kind_of(quality), 87, 53), "-q", quality, "-m", quality % 7)


def by_partition(maker):
    for log2, segments, content in product(range(4), range(1, 5), KINDS):
        for strength, simple in ((60, 1), (40, 0), (0, 1)):
            options = {"partitions": log2, "segments": segments, "filter_strength": strength, "filter_type": simple}
            # From method 3 on libwebp makes one partition, whatever it is asked for.
            data = encode(picture(content, 150, 133), quality=40 + 10 * log2, method=segments % 3, **options)
            maker.keep("partitions and segments", f"partitions-{1 << log2}-{segments}-{content}-{strength}-{simple}", data)


def by_filter(maker):
    for strength, kind in product((*range(0, 100, 7), 100), ("-strong", "-nostrong")):
        for sharpness in {0, strength // 7 % 8}:
            name = f"{strength}{kind}-{sharpness}"
            options = ("-f", strength, kind, "-sharpness", sharpness, "-q", 20)
            maker.cwebp("loop filter", name, picture("photograph", 130, 71), *options)
    for sharpness, content in product(range(8), KINDS):
        options = ("-f", 70, "-sharpness", sharpness, "-q", 45, "-segments", 1)
        maker.cwebp("loop filter", f"sharpness-{sharpness}-{content}", picture(content, 97, 61), *options)
        maker.cwebp("loop filter", f"auto-{sharpness}-{content}", picture(content, 61, 97), "-af", "-sharpness", sharpness)


def by_version(maker):
    """The version says nothing to a decoder of key frames but libwebp's encoder, so it is set by hand."""
    for version, content, simple in product(range(4), KINDS, (0, 1)):
        data = bytearray(encode(picture(content, 75, 49), quality=30, filter_type=simple))
        data[20] = data[20] & 0xF1 | version << 1
        maker.keep("versions", f"version-{version}-{content}-{simple}", bytes(data))


def by_alpha(maker):
    for method, filter, quality, alpha in product((0, 1), ("none", "fast", "best"), (100, 70, 0), ("smooth", "mask", "noise", "photograph")):
        samples = with_alpha(picture("photograph", 71, 43), alpha)
        options = ("-alpha_method", method, "-alpha_filter", filter, "-alpha_q", quality, "-q", 50)
        maker.cwebp("alpha", f"{method}-{filter}-{quality}-{alpha}", samples, *options)
        if quality == 100:
            maker.cwebp("alpha", f"{method}-{filter}-{alpha}-exact", samples, "-exact", *options)


def by_lossless(maker):
    contents = {kind: picture(kind, 121, 77) for kind in KINDS}
    contents["alpha"] = with_alpha(contents["photograph"], "smooth")
    contents["mask"] = with_alpha(contents["smooth"], "mask")
    contents["grey"] = picture("photograph", 121, 77, 1)
    contents["flat"] = numpy.full((77, 121, 3), (10, 200, 30), numpy.uint8)
    for (name, samples), level in product(contents.items(), range(10)):
        maker.cwebp("lossless", f"{name}-z{level}", samples, "-z", level)
    for (name, samples), method, quality in product(contents.items(), range(7), (0, 40, 100)):
        maker.cwebp("lossless", f"{name}-m{method}-q{quality}", samples, "-lossless", "-m", method, "-q", quality)
    for (name, samples), level in product(contents.items(), (0, 20, 40, 60, 80)):
        maker.cwebp("near lossless", f"{name}-{level}", samples, "-near_lossless", level)
    for name in ("alpha", "mask"):
        for level in (0, 6, 9):
            maker.cwebp("lossless", f"{name}-z{level}-exact", contents[name], "-exact", "-z", level)


def by_palette(maker):
    for colours, (width, height) in product((2, 3, 4, 5, 16, 17, 64, 256), ((1, 1), (9, 5), (64, 3), (67, 41))):
        for kind in ("photograph", "noise", "text"):
            samples = few_colours(picture(kind, width, height), colours)
            for level in (0, 6, 9):
                maker.cwebp("palettes", f"{colours}-{kind}-{width}x{height}-z{level}", samples, "-z", level)


def by_content(maker):
    for kind, (width, height) in product(KINDS, ((640, 480), (321, 243), (1000, 17), (17, 1000), (1, 700), (700, 1))):
        samples, name = picture(kind, width, height), f"{kind}-{width}x{height}"
        maker.cwebp("larger", f"{name}-q30", samples, "-q", 30)
        maker.cwebp("larger", f"{name}-q90", samples, "-q", 90, "-sns", 100, "-pass", 3)
        maker.cwebp("larger", f"{name}-lossless", samples, "-z", 5)
        maker.cwebp("larger", f"{name}-alpha", with_alpha(samples, kind), "-q", 70)
        maker.cwebp("larger", f"{name}-grey", picture(kind, width, height, 1), "-q", 50)


def make(folder):
    maker = Maker(folder)
    for part in (by_size, by_quality, by_partition, by_filter, by_version, by_alpha, by_lossless, by_palette, by_content):
        part(maker)
    return maker
