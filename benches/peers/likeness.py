"""How far a library's answer is from a full decode and one Lanczos resample, in decibels."""

import io
import math

import numpy
from PIL import Image

Image.MAX_IMAGE_PIXELS = None


class Reference:
    """All pixels of a picture, by Pillow; of 16-bit samples the nearest of 8 bits."""

    def __init__(self, data):
        picture = Image.open(io.BytesIO(data))
        self.alpha = "A" in picture.getbands() or "transparency" in picture.info
        sixteen = data[:4] == b"\x89PNG" and data[24] == 16
        self.picture = narrowed(data) if sixteen else picture.convert("RGBA" if self.alpha else "RGB")
        self.made = {}

    def size_within(self, side):
        """As every contender rounds it, give or take one."""
        scale = min(side / max(self.picture.size), 1)
        return tuple(max(1, round(length * scale)) for length in self.picture.size)

    def at(self, size):
        if size not in self.made:
            self.made[size] = numpy.asarray(self.picture.resize(size, Image.Resampling.LANCZOS))
        return self.made[size]

    def psnr(self, pixels):
        """Of `pixels` (rows, columns, samples) against the reference of its size."""
        height, width = pixels.shape[:2]
        difference = over_grey(pixels) - over_grey(self.at((width, height)))
        error = float(numpy.mean(numpy.square(difference)))
        return 99.0 if error == 0 else min(99.0, 10 * math.log10(255**2 / error))


def narrowed(data):
    import cv2

    samples = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_UNCHANGED)[:, :, ::-1]
    return Image.fromarray(numpy.rint(samples / 257.0).astype(numpy.uint8))


def over_grey(pixels):
    """Red, green and blue as floats, over middle grey where something shines through."""
    samples = pixels.shape[2]
    colours = pixels[:, :, : 3 if samples > 2 else 1].astype(numpy.float32)
    if samples in (2, 4):
        alpha = pixels[:, :, -1:].astype(numpy.float32) / 255
        colours = colours * alpha + 128 * (1 - alpha)
    return numpy.broadcast_to(colours, colours.shape[:2] + (3,))
