"""The decoders that are compared, and what libjpeg's rule of upsampling is."""

import struct
import subprocess

import imagecodecs
import numpy

FULL = 1


class Ours:
    """One process for all files: `crates/jpeg/examples/decode.rs`, or `crates/testkit/examples/frames.rs`."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def decode(self, path, number=FULL):
        """Rows, columns, samples; or a string that says why not. The number is a JPEG's divisor, another's frame."""
        self.process.stdin.write(f"{number} {path}\n".encode())
        self.process.stdin.flush()
        head = self.process.stdout.readline().decode()
        if not head or head.startswith("error"):
            return head.strip() or "the process ended"
        width, height, channels = map(int, head.split())
        samples = self.process.stdout.read(width * height * channels)
        return numpy.frombuffer(samples, numpy.uint8).reshape(height, width, channels)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def libjpeg_turbo(data, colour):
    """With its defaults: accurate integer transform, "fancy" upsampling. Four components as amounts of ink."""
    try:
        if colour in ("CMYK", "YCCK"):
            return 255 - imagecodecs.jpeg8_decode(data, outcolorspace="CMYK")
        samples = imagecodecs.jpeg8_decode(data)
        return samples if samples.ndim == 3 else samples[:, :, None]
    except Exception as error:
        return f"error: {error}"


def sampling(data):
    """Width, and the factors of each component."""
    at = 2
    while not (0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC)):
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    _, _, width, count = struct.unpack_from(">BHHB", data, at + 4)
    return width, [divmod(data[at + 11 + 3 * c], 16) for c in range(count)]


def rules(data):
    """For each component how it comes to full size, as libjpeg-turbo 3 does it."""
    width, factors = sampling(data)
    most = [max(side) for side in zip(*factors)]
    return [rule((most[0] // h, most[1] // v), -(-width * h // most[0])) for h, v in factors]


def rule(ratio, own_width):
    if ratio == (1, 1):
        return "as it is"
    if ratio == (1, 2):
        return "triangle down"
    if own_width > 2 and ratio == (2, 1):
        return "triangle across"
    if own_width > 2 and ratio == (2, 2):
        return "triangle both ways"
    return "repeated"
