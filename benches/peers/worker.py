#!/usr/bin/env python3
"""One library of the comparison in a process of its own: vips, pillow, opencv or imagecodecs.

    worker.py serve LIBRARY                  requests and answers, a line of JSON each, as `fic-peer serve`
    worker.py once LIBRARY OPERATION FILE    one operation; resident memory before it and at its peak, in KiB

Operations: `thumb` (pixels within 256 x 256 in the library's usual way), `draft` (Pillow: from the smallest
DCT scale that still covers the output, what `Fidelity::Fast` does) and `full` (all pixels).
"""

import io
import json
import os
import sys
import time

os.environ.update(VIPS_CONCURRENCY="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

SIDE = 256


class Vips:
    def __init__(self):
        import pyvips

        pyvips.cache_set_max(0)
        self.image = pyvips.Image

    def thumb(self, data):
        picture = self.image.thumbnail_buffer(data, SIDE, height=SIDE, size="down")
        return picture, picture.write_to_memory()

    def full(self, data):
        picture = self.image.new_from_buffer(data, "", access="sequential")
        return picture, picture.write_to_memory()

    def pixels(self, made):
        import numpy

        picture, memory = made
        kind = {"uchar": numpy.uint8, "ushort": numpy.uint16}[picture.format]
        samples = numpy.frombuffer(memory, kind).reshape(picture.height, picture.width, picture.bands)
        return eight_bits(samples)

    def version(self):
        import pyvips

        return f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}"


class Pillow:
    def __init__(self):
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = None
        self.image = Image

    def thumb(self, data):
        picture = self.image.open(io.BytesIO(data))
        if picture.mode == "P":  # indices cannot be filtered
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        picture.thumbnail((SIDE, SIDE), self.image.Resampling.LANCZOS)
        picture.load()  # a picture that was small enough is not decoded yet
        return picture

    def draft(self, data):
        picture = self.image.open(io.BytesIO(data))
        picture.draft("RGB", (SIDE, SIDE))
        picture.thumbnail((SIDE, SIDE), self.image.Resampling.LANCZOS, reducing_gap=None)
        picture.load()
        return picture

    def full(self, data):
        picture = self.image.open(io.BytesIO(data))
        picture.load()
        return picture

    def pixels(self, made):
        import numpy

        if made.mode == "P":
            made = made.convert("RGBA" if "transparency" in made.info else "RGB")
        return numpy.atleast_3d(numpy.asarray(made))

    def version(self):
        import PIL
        from PIL import features

        return f"Pillow {PIL.__version__}, libjpeg-turbo {features.version('libjpeg_turbo')}"


class OpenCv:
    def __init__(self):
        import cv2

        cv2.setNumThreads(1)
        self.cv2 = cv2

    def thumb(self, data):
        """JPEG at the DCT scale that leaves twice the output, as the others; then the mean of the area."""
        cv2 = self.cv2
        flag = cv2.IMREAD_UNCHANGED
        if data[:2] == b"\xff\xd8":
            longest = max(self.jpeg_size(data))
            scales = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))
            flag = next((flag for scale, flag in scales if longest // scale >= 2 * SIDE), cv2.IMREAD_COLOR)
        picture = cv2.imdecode(self.array(data), flag)
        height, width = picture.shape[:2]
        scale = min(SIDE / max(width, height), 1)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        return picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)

    def full(self, data):
        return self.cv2.imdecode(self.array(data), self.cv2.IMREAD_UNCHANGED)

    @staticmethod
    def array(data):
        import numpy

        return numpy.frombuffer(data, numpy.uint8)

    @staticmethod
    def jpeg_size(data):
        """Width and height from the frame header (T.81, B.2.2); OpenCV tells them only after decoding."""
        at = 2
        while data[at + 1] not in (0xC0, 0xC1, 0xC2):
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")

    def pixels(self, made):
        import numpy

        made = eight_bits(numpy.atleast_3d(made))
        return made[:, :, [2, 1, 0, 3][: made.shape[2]]] if made.shape[2] > 2 else made

    def version(self):
        return f"OpenCV {self.cv2.__version__}"


class ImageCodecs:
    def __init__(self):
        import imagecodecs

        self.codecs = imagecodecs
        self.room = None

    def full(self, data):
        """Into the array of the call before, where it fits: our own buffers are used again too."""
        decode = self.decoder(data)
        try:
            self.room = decode(data, out=self.room)
        except (ValueError, TypeError):
            self.room = decode(data)
        return self.room

    def decoder(self, data):
        if data[:2] == b"\xff\xd8":
            return self.codecs.jpeg8_decode
        return self.codecs.png_decode if data[:4] == b"\x89PNG" else self.codecs.webp_decode

    def pixels(self, made):
        import numpy

        return eight_bits(numpy.atleast_3d(made))

    def version(self):
        return f"imagecodecs {self.codecs.__version__} ({self.codecs.jpeg8_version()})"


LIBRARIES = {"vips": Vips, "pillow": Pillow, "opencv": OpenCv, "imagecodecs": ImageCodecs}


def eight_bits(samples):
    return samples if samples.itemsize == 1 else (samples >> 8).astype("uint8")


def serve(library):
    file, data = None, None
    for line in sys.stdin:
        asked = json.loads(line)
        if asked.get("op") == "version":
            answer = {"version": library.version()}
        else:
            if asked["file"] != file:
                file = asked["file"]
                data = open(file, "rb").read()
            try:
                answer = timed(library, data, asked)
            except Exception as problem:  # the library's own; the comparison goes on without it
                answer = {"error": f"{type(problem).__name__}: {problem}"[:200]}
        print(json.dumps(answer), flush=True)


def timed(library, data, asked):
    run = getattr(library, asked["op"])
    made = run(data)
    answer = {}
    if asked.get("pixels"):
        pixels = library.pixels(made)
        answer["height"], answer["width"], answer["channels"] = pixels.shape
        with open(asked["pixels"], "wb") as out:
            out.write(pixels.tobytes())
    times = []
    for _ in range(asked["n"]):
        # What the call before made is given back first; it is not part of this one.
        made = None
        start = time.perf_counter()
        made = run(data)
        times.append((time.perf_counter() - start) * 1e3)
    return answer | {"ms": times}


def once(library, operation, file):
    data = open(file, "rb").read()
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")  # the peak starts again from what is resident now
    start = status("VmRSS:")
    made = getattr(library, operation)(data)
    peak = status("VmHWM:")
    del made
    print(json.dumps({"start_kib": start, "peak_kib": peak}))


def status(field):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(field))


if __name__ == "__main__":
    chosen = LIBRARIES[sys.argv[2]]()
    if sys.argv[1] == "serve":
        serve(chosen)
    else:
        once(chosen, sys.argv[3], sys.argv[4])
