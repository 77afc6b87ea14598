"""The generated files: their classes, and how each is made. Nothing is left to chance but by fixed seeds."""

import io
import subprocess
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy
from content import KINDS, picture
from PIL import Image
from recode import SHAPES, recode

COMMON = ("1x1", "2x1", "2x2", "1x2", "4x1", "4x2")
ODD = (
    "1x3,1x1,1x1", "1x4,1x1,1x1", "2x4,1x1,1x1", "3x1,1x1,1x1", "3x2,1x1,1x1", "4x1,2x1,1x1", "4x1,2x1,2x1",
    "4x2,2x1,2x1", "2x1,2x1,1x1", "1x2,1x2,1x1", "2x1,2x1,2x1", "2x1,1x2,1x1", "2x2,1x2,1x2", "2x2,2x1,2x1",
    "2x2,2x1,1x2", "2x2,1x1,2x1", "2x2,1x1,2x2", "1x1,2x1,1x1", "1x1,2x1,1x2", "1x1,1x1,2x2", "1x1,2x2,2x2",
    "2x2,2x2,2x2", "3x3,1x1,1x1", "4x4,1x1,1x1",
)  # fmt: skip
EACH = "0;\n1;\n2;\n"
# More than ten blocks an MCU: T.81 B.2.3 allows them in scans of one component only.
ONE_BY_ONE = ("2x2,2x2,2x2", "3x3,1x1,1x1", "4x2,2x1,2x1", "4x4,1x1,1x1")

SEQUENTIAL = {
    "each": EACH,
    "each-backwards": "2;\n1;\n0;\n",
    "y-cbcr": "0;\n1,2;\n",
    "ycb-cr": "0,1;\n2;\n",
}
PROGRESSIVE = {
    "spectral": "0,1,2: 0-0,0,0;\n0: 1-5,0,0;\n0: 6-63,0,0;\n1: 1-63,0,0;\n2: 1-63,0,0;\n",
    "dc-apart": "0: 0-0,0,0;\n1: 0-0,0,0;\n2: 0-0,0,0;\n0: 1-63,0,0;\n2: 1-63,0,0;\n1: 1-63,0,0;\n",
    "dc-refined": "0,1,2: 0-0,0,2;\n0: 1-63,0,0;\n1,2: 0-0,2,1;\n0: 0-0,2,1;\n1: 1-63,0,0;\n2: 1-63,0,0;\n0,1,2: 0-0,1,0;\n",
    "four-passes": "0,1,2: 0-0,0,3;\n0: 1-63,0,3;\n1: 1-63,0,2;\n2: 1-63,0,2;\n0,1,2: 0-0,3,2;\n0: 1-63,3,2;\n0,1,2: 0-0,2,1;\n"
    "0: 1-63,2,1;\n1: 1-63,2,1;\n2: 1-63,2,1;\n0,1,2: 0-0,1,0;\n0: 1-63,1,0;\n1: 1-63,1,0;\n2: 1-63,1,0;\n",
    "four-bands": "0,1,2: 0-0,0,0;\n"
    + "".join(f"{c}: {a}-{b},0,0;\n" for a, b in ((1, 1), (2, 9), (10, 40), (41, 63)) for c in (2, 0, 1)),
    "bands-refined": "0,1,2: 0-0,0,1;\n0: 1-2,0,2;\n0: 3-63,0,2;\n0: 3-63,2,1;\n0: 1-2,2,1;\n1: 1-63,0,1;\n2: 1-63,0,0;\n"
    "0,1,2: 0-0,1,0;\n0: 1-2,1,0;\n1: 1-63,1,0;\n0: 3-63,1,0;\n",
}


@dataclass
class File:
    kind: str
    path: Path
    # Files of one family have the same coefficients.
    family: str
    colour: str = "YCbCr"


class Maker:
    """Writes files into a folder; what an encoder will not make is counted and left out."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.files, self.not_made = [], []
        self.scripts = {}
        for name, script in {**SEQUENTIAL, **PROGRESSIVE}.items():
            self.scripts[name] = self.folder / f"{name}.scans"
            self.scripts[name].write_text(script)

    def keep(self, kind, family, name, data, colour="YCbCr"):
        if data is None:
            self.not_made.append(f"{family} {name}")
            return
        path = self.folder / f"{family}-{name}.jpg".replace(",", "_")
        path.write_bytes(data)
        self.files.append(File(kind, path, family, colour))

    def cjpeg(self, samples, *options, script=None, restart=None):
        options = [*map(str, options)]
        options += ["-scans", str(self.scripts[script])] if script else []
        options += ["-restart", restart] if restart else []
        return done(["cjpeg", *options], pnm(samples))


def done(command, data):
    made = subprocess.run(command, input=data, capture_output=True)
    return made.stdout if made.returncode == 0 else None


def transformed(data, *options):
    """The same coefficients, sent otherwise."""
    return data and done(["jpegtran", "-copy", "all", *map(str, options)], data)


def pnm(samples):
    height, width = samples.shape[:2]
    kind = "P5" if samples.ndim == 2 else "P6"
    return f"{kind} {width} {height} 255\n".encode() + samples.tobytes()


def sizes(count):
    """Pairs of sides from 1 to 40, each side once in 40 pairs, spread."""
    return [(1 + n * 11 % 40, (1 + n * 11 % 40) * 17 % 41) for n in range(count)]


def by_size(maker):
    for index, (width, height) in enumerate(sizes(40)):
        samples = picture(list(KINDS)[index % 4], width, height)
        for sampling in COMMON:
            for process in ("-baseline", "-progressive"):
                data = maker.cjpeg(samples, process, "-quality", 85, "-sample", sampling)
                maker.keep("sizes 1 to 40", f"size-{width}x{height}-{sampling}", process[1:], data)


def by_sampling(maker):
    for width, height in [(1, 1), (2, 3), (5, 4), (8, 8), (17, 9), (23, 40), (33, 27), (40, 31)]:
        samples = picture("photograph", width, height)
        for sampling in ODD:
            processes = ("each", "dc-apart") if sampling in ONE_BY_ONE else ("each", "baseline", "progressive")
            for process in processes:
                for restart in (None, "2B"):
                    options = ("-progressive",) if process == "progressive" else ()
                    data = maker.cjpeg(samples, *options, "-quality", 85, "-sample", sampling, restart=restart,
                                       script=process if process in maker.scripts else None)  # fmt: skip
                    maker.keep("odd samplings", f"odd-{width}x{height}-{sampling}", f"{process}-{restart}", data)


def by_restart(maker):
    for index, sampling in enumerate(COMMON):
        width, height = (97, 61) if index % 2 else (72, 83)
        samples = picture("photograph", width, height)
        for interval in ("1B", "2B", "3B", "7B", "1", "2", "65535B"):
            for process in ("baseline", "progressive", "each", "four-passes"):
                script = process if process in maker.scripts else None
                options = ("-progressive",) if process == "progressive" else ()
                data = maker.cjpeg(samples, *options, "-sample", sampling, restart=interval, script=script)
                maker.keep("restart intervals", f"restart-{sampling}", f"{interval}-{process}", data)


def by_script(maker):
    for sampling in COMMON:
        for width, height in ((40, 23), (130, 67)):
            whole = maker.cjpeg(picture("photograph", width, height), "-quality", 90, "-sample", sampling)
            family = f"script-{width}x{height}-{sampling}"
            maker.keep("in one scan", family, "whole", whole)
            for script in maker.scripts:
                for restart in (None, "3B"):
                    options = ["-scans", maker.scripts[script], *(["-restart", restart] if restart else [])]
                    kind = "several sequential scans" if script in SEQUENTIAL else "progressive scan scripts"
                    maker.keep(kind, family, f"{script}-{restart}", transformed(whole, *options))


def by_quality(maker):
    for quality in range(1, 101):
        for sampling, process in (("2x2", ()), ("1x1", ("-progressive",)), ("2x1", ("-optimize",))):
            kind = list(KINDS)[quality % 4]
            data = maker.cjpeg(picture(kind, 57, 43), *process, "-quality", quality, "-sample", sampling)
            maker.keep("quality 1 to 100", f"quality-{quality}-{sampling}", "only", data)


def by_content(maker):
    for kind in KINDS:
        for width, height in ((640, 480), (321, 243), (1000, 17), (17, 1000), (1, 700), (700, 1)):
            samples = picture(kind, width, height)
            for sampling in COMMON:
                for process in ("-baseline", "-progressive"):
                    family = f"content-{kind}-{width}x{height}-{sampling}"
                    maker.keep("larger, by content", family, process[1:], maker.cjpeg(samples, process, "-sample", sampling))


def by_tables(maker):
    for sampling in COMMON:
        for kind in KINDS:
            samples = picture(kind, 45, 38)
            family = f"tables-{kind}-{sampling}"
            data = maker.cjpeg(samples, "-optimize", "-quality", 75, "-sample", sampling)
            maker.keep("optimised tables", family, "optimised", data)
            for mode, options in (("plain", {}), ("restart", {"restart": "3B"}), ("each", {"script": "each"})):
                data = maker.cjpeg(samples, "-quality", 75, "-sample", sampling, **options)
                for shape in SHAPES:
                    maker.keep("odd tables", family, f"{mode}-{shape.__name__}", recode(data, shape))


def by_colour(maker):
    for width, height in [(1, 1), (7, 5), (8, 8), (17, 33), (31, 15), (40, 40), (64, 48), (131, 67)]:
        for process in ("baseline", "progressive", "restart"):
            options = {"baseline": (), "progressive": ("-progressive",), "restart": ("-restart", "2B")}[process]
            size = f"{width}x{height}"
            grey = picture("photograph", width, height, 1)[:, :, 0]
            for sampling in ("1x1", "2x2", "4x3", "1x2"):
                data = maker.cjpeg(grey, "-grayscale", *options, "-sample", sampling)
                maker.keep("grey", f"grey-{size}", f"{sampling}-{process}", data, "grey")
            for sampling in ("1x1", "2x2", "2x1"):
                data = maker.cjpeg(picture("photograph", width, height), "-rgb", *options, "-sample", sampling)
                maker.keep("RGB", f"rgb-{size}-{sampling}", process, data, "RGB")
            ink = numpy.ascontiguousarray(picture("photograph", width, height, 4))
            for sampling in ("444", "422", "420"):
                for colour in ("CMYK", "YCCK"):
                    data = imagecodecs.jpeg8_encode(
                        ink, 85, colorspace="CMYK", outcolorspace=colour, subsampling=sampling
                    )
                    data = transformed(data, *options)
                    maker.keep(colour, f"{colour.lower()}-{size}-{sampling}", process, data, colour)
        written = io.BytesIO()
        Image.fromarray(ink, "CMYK").save(written, "JPEG", quality=85)
        maker.keep("CMYK", f"cmyk-{width}x{height}-pillow", "only", written.getvalue(), "CMYK")


def make(folder):
    maker = Maker(folder)
    for part in (by_size, by_sampling, by_restart, by_script, by_quality, by_content, by_tables, by_colour):
        part(maker)
    return maker
