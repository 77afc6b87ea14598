"""libwebp through ctypes: what its programs cannot be asked for, and what a file's VP8 header says.

The structures are those of libwebp's `encode.h` at ABI 0x020f (1.2 to 1.6).
"""

import ctypes
import ctypes.util
from ctypes import POINTER, Structure, byref, c_float, c_int, c_size_t, c_uint8, c_uint32, c_void_p

ABI = 0x020F


def fields(kinds):
    return [(name, kind) for kind, names in kinds for name in names.split()]


class Config(Structure):
    _fields_ = fields([
        (c_int, "lossless"), (c_float, "quality"), (c_int, "method image_hint target_size"), (c_float, "target_psnr"),
        (c_int, "segments sns_strength filter_strength filter_sharpness filter_type autofilter alpha_compression"),
        (c_int, "alpha_filtering alpha_quality passes show_compressed preprocessing partitions partition_limit"),
        (c_int, "emulate_jpeg_size thread_level low_memory near_lossless exact use_delta_palette use_sharp_yuv qmin qmax"),
    ])  # fmt: skip


class Picture(Structure):
    _fields_ = fields([
        (c_int, "use_argb colorspace width height"), (c_void_p, "y u v"), (c_int, "y_stride uv_stride"), (c_void_p, "a"),
        (c_int, "a_stride"), (c_uint32 * 2, "pad1"), (c_void_p, "argb"), (c_int, "argb_stride"), (c_uint32 * 3, "pad2"),
        (c_void_p, "writer custom_ptr"), (c_int, "extra_info_type"), (c_void_p, "extra_info stats"), (c_int, "error_code"),
        (c_void_p, "progress_hook user_data"), (c_uint32 * 3, "pad3"), (c_void_p, "pad4 pad5"), (c_uint32 * 8, "pad6"),
        (c_void_p, "memory memory_argb pad7 pad8"),
    ])  # fmt: skip


class Writer(Structure):
    _fields_ = [("mem", POINTER(c_uint8)), ("size", c_size_t), ("max_size", c_size_t), ("pad", c_uint32)]


def load():
    library = ctypes.CDLL(ctypes.util.find_library("webp") or "libwebp.so.7")
    library.WebPGetEncoderVersion.restype = c_int
    return library


LIBRARY = load()


def encoder_version():
    number = LIBRARY.WebPGetEncoderVersion()
    return f"{number >> 16}.{number >> 8 & 255}.{number & 255}"


def encode(samples, **options):
    """A file of `samples` (rows, columns, red green blue); the options are fields of `Config`."""
    config, picture, writer = Config(), Picture(), Writer()
    quality = options.pop("quality", 75)
    if not LIBRARY.WebPConfigInitInternal(byref(config), 0, c_float(quality), ABI):
        raise RuntimeError("another ABI of libwebp")
    for name, value in options.items():
        setattr(config, name, value)
    if not LIBRARY.WebPValidateConfig(byref(config)) or not LIBRARY.WebPPictureInitInternal(byref(picture), ABI):
        raise RuntimeError(f"libwebp does not take {options}")
    picture.height, picture.width = samples.shape[:2]
    LIBRARY.WebPMemoryWriterInit(byref(writer))
    picture.writer = ctypes.cast(LIBRARY.WebPMemoryWrite, c_void_p)
    picture.custom_ptr = ctypes.cast(byref(writer), c_void_p)
    rows = samples.tobytes()
    try:
        imported = LIBRARY.WebPPictureImportRGB(byref(picture), rows, samples.shape[1] * 3)
        if not imported or not LIBRARY.WebPEncode(byref(config), byref(picture)):
            raise RuntimeError(f"libwebp does not encode with {options}: error {picture.error_code}")
        return ctypes.string_at(writer.mem, writer.size)
    finally:
        LIBRARY.WebPPictureFree(byref(picture))
        LIBRARY.WebPMemoryWriterClear(byref(writer))


class Bits:
    """The boolean decoder (RFC 6386, section 7.3), at even probability."""

    def __init__(self, data):
        self.value, self.left = int.from_bytes(data, "big"), len(data) * 8 - 8
        self.range = 255

    def flag(self):
        split = 1 + ((self.range - 1) * 128 >> 8)
        bit = self.value >> self.left >= split
        if bit:
            self.value -= split << self.left
            self.range -= split
        else:
            self.range = split
        while self.range < 128:
            self.range, self.left = self.range * 2, self.left - 1
        return int(bit)

    def number(self, count):
        value = 0
        for _ in range(count):
            value = value * 2 + self.flag()
        return value

    def optional(self, count):
        return self.number(count) * (-1 if self.flag() else 1) if self.flag() else 0


def vp8_header(data):
    """What the frame header says (sections 9.1 to 9.6), in words that a table can count; none for a lossless file."""
    at = data.find(b"VP8 ")
    if at < 0 or data.startswith(b"VP8L", 12):
        return []
    frame = data[at + 8 :]
    tag = int.from_bytes(frame[:3], "little")
    bits = Bits(frame[10 : 10 + (tag >> 5)])
    bits.number(2)
    said = [f"version {tag >> 1 & 7}"]
    if bits.flag():
        with_map, with_values = bits.flag(), bits.flag()
        said.append("segments with a map" if with_map else "segments without a map")
        if with_values:
            bits.flag()
            levels = [bits.optional(7) for _ in range(4)], [bits.optional(6) for _ in range(4)]
            said.append(f"filter levels of segments: {'one' if len(set(levels[1])) == 1 else 'several'}")
        if with_map:
            for _ in range(3):
                bits.number(8) if bits.flag() else None
    simple, level, sharpness = bits.flag(), bits.number(6), bits.number(3)
    said += [f"{'simple' if simple else 'normal'} filter", f"filter level {'0' if level == 0 else '1 to 63'}"]
    said.append(f"sharpness {sharpness}")
    if bits.flag() and bits.flag():
        for _ in range(8):
            bits.optional(6)
        said.append("filter adjusted by mode")
    said.append(f"partitions: {1 << bits.number(2)}")
    return said
