#!/usr/bin/env python3
"""Make the corpus of small valid pictures and their reference pixels.

    python3 corpus/make_valid.py        (from the root of the repository)

writes corpus/valid/{jpeg,png,webp,gif}/, and corpus/valid.toml.  Every picture
is synthesised here from integer arithmetic and fixed seeds; no photograph is
used.  Running the script twice with the same tools gives the same bytes.  The
layouts and conventions of the references are stated in corpus/README.md.

Environment (Debian 12 was used, any recent system will do; other versions of
the encoders may give other bytes in the files they make):

    apt-get install webp libjpeg-turbo-progs
    python3 -m venv venv
    venv/bin/pip install pillow numpy opencv-python-headless imagecodecs \
        pyvips-binary pyvips
    venv/bin/python corpus/make_valid.py

The commands used are cjpeg, djpeg, jpegtran, cwebp, dwebp and img2webp; libwebp itself is
called once through ctypes, for the option cwebp does not offer (the number of
token partitions).  The PNG and GIF files come from the writers in this script,
so that every legal combination can be made, and are checked against the C
decoders.
"""

import ctypes
import ctypes.util
import io
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import tomllib
import warnings
import zlib

os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

import cv2
import imagecodecs
import numpy as np
import PIL
import pyvips
from PIL import Image, ImageCms, ImageFile, ImageOps, features

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "valid")
TMP = tempfile.mkdtemp(prefix="make-valid-")
NOTES = []  # decoders that disagreed or refused, printed at the end

warnings.simplefilter("ignore")


# ---------------------------------------------------------------- pictures

GLYPHS = {
    "A": "01110100011000111111100011000110001",
    "E": "11111100001000011110100001000011111",
    "G": "01110100011000010111100011000101110",
    "I": "01110001000010000100001000010001110",
    "K": "10001100101010011000101001001010001",
    "M": "10001110111010110101100011000110001",
    "R": "11110100011000111110101001001010001",
    "X": "10001100010101000100010101000110001",
}


def rng(seed):
    return np.random.Generator(np.random.PCG64(seed))


def text(img, word, x0, y0, colour):
    h, w = img.shape[:2]
    for n, letter in enumerate(word):
        bits = GLYPHS[letter]
        for k, bit in enumerate(bits):
            x, y = x0 + n * 6 + k % 5, y0 + k // 5
            if bit == "1" and 0 <= x < w and 0 <= y < h:
                img[y, x] = colour


def smooth(w, h, seed=0):
    """Colour gradients only."""
    y, x = np.mgrid[0:h, 0:w].astype(np.int64)
    W, H = max(w - 1, 1), max(h - 1, 1)
    r = 20 + 215 * x // W
    g = 235 - 200 * y // H
    b = 40 + 180 * (x * H + y * W) // (2 * W * H)
    img = np.stack([r, g, b], -1)
    return np.roll(img, seed, axis=2).astype(np.uint8)


def photo(w, h, seed=1, noise=6):
    """Gradients, shaded discs, a bar, letters, and a little noise."""
    r = rng(seed)
    img = smooth(w, h, seed % 3).astype(np.int64)
    y, x = np.mgrid[0:h, 0:w].astype(np.int64)
    for _ in range(3):
        cx, cy = int(r.integers(0, w)), int(r.integers(0, h))
        rad = int(r.integers(max(2, min(w, h) // 6), max(3, min(w, h) // 3) + 1))
        d2 = (x - cx) ** 2 + (y - cy) ** 2
        colour = r.integers(0, 256, 3)
        shade = 256 - 128 * np.minimum(d2, rad * rad) // (rad * rad)
        inside = d2 < rad * rad
        img[inside] = (colour[None, :] * shade[inside][:, None]) // 256
    img[h // 2 : h // 2 + max(1, h // 12), w // 3 :] = r.integers(0, 256, 3)
    text(img, "KARMIX", 2, 2, (250, 250, 245))
    text(img, "GEAR", 3, h - 9, (5, 10, 30))
    if noise:
        img = img + r.integers(-noise, noise + 1, img.shape)
    return np.clip(img, 0, 255).astype(np.uint8)


def flat(w, h, colours, seed=2):
    """An index picture: stripes, a disc and letters in `colours` colours."""
    y, x = np.mgrid[0:h, 0:w].astype(np.int64)
    idx = ((x * 3 + y * 2 + seed) // 5) % colours
    d2 = (x - w // 2) ** 2 + (y - h // 2) ** 2
    m = max(2, min(w, h) // 3)
    idx[d2 < m * m] = (colours - 1 - (d2[d2 < m * m] * colours // (m * m))) % colours
    tmp = np.full((h, w, 1), -1, np.int64)
    text(tmp, "RAGE", 2, 2, (colours - 1,))
    idx = np.where(tmp[..., 0] >= 0, tmp[..., 0], idx)
    return idx.astype(np.uint8)


def palette(n, seed=3):
    pal = rng(seed).integers(0, 256, (n, 3)).astype(np.uint8)
    pal[0] = (12, 34, 56)
    if n > 1:
        pal[-1] = (240, 230, 20)
    return pal


def noise(w, h, ch, seed):
    return rng(seed).integers(0, 256, (h, w, ch)).astype(np.uint8)


def grey(img):
    i = img.astype(np.int64)
    return ((77 * i[..., 0] + 150 * i[..., 1] + 29 * i[..., 2]) >> 8).astype(np.uint8)


def alpha_plane(w, h, kind="ramp", seed=5):
    y, x = np.mgrid[0:h, 0:w].astype(np.int64)
    if kind == "ramp":
        a = np.clip((x * 320 // max(w - 1, 1)) - 30, 0, 255)
    elif kind == "mask":
        a = np.where((x // 6 + y // 5) % 2 == 0, 255, 0)
    elif kind == "disc":
        d2 = (2 * x - w) ** 2 + (2 * y - h) ** 2
        m = max(1, min(w, h) ** 2)
        a = np.clip(510 - 510 * d2 // m, 0, 255)
    else:
        a = rng(seed).integers(0, 256, (h, w))
    return a.astype(np.uint8)


# ------------------------------------------------------- metadata payloads


def exif(orientation, big=False, extra=True):
    """A TIFF block with an orientation and, to have offsets, a maker name."""
    e = ">" if big else "<"
    make = b"fastimagecache\0\0"
    entries = []
    if extra:
        entries.append((0x010F, 2, len(make), None))
    entries.append((0x0112, 3, 1, orientation))
    out = (b"MM\0*" if big else b"II*\0") + struct.pack(e + "I", 8)
    out += struct.pack(e + "H", len(entries))
    data_at = 8 + 2 + 12 * len(entries) + 4
    for tag, typ, count, value in entries:
        out += struct.pack(e + "HHI", tag, typ, count)
        out += struct.pack(e + "I", data_at) if value is None else struct.pack(e + "HH", value, 0)
    out += struct.pack(e + "I", 0)
    return out + (make if extra else b"")


XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'
    b'<?xpacket end="w"?>'
)

PRIMARIES_D50 = {  # colourants adapted to D50, columns r, g, b
    "srgb": ((0.43606567, 0.22248840, 0.01391602), (0.38514709, 0.71687317, 0.09707642), (0.14306641, 0.06060791, 0.71409607)),
    "p3": ((0.51512146, 0.24119568, -0.00105286), (0.29197693, 0.69224548, 0.04188538), (0.15710449, 0.06657410, 0.78407288)),
    "adobergb": ((0.60974121, 0.31111145, 0.01947021), (0.20527649, 0.62567139, 0.06086731), (0.14918518, 0.06321716, 0.74456787)),
}


def s15f16(v):
    return struct.pack(">i", round(v * 65536))


def xyz(v):
    return b"XYZ \0\0\0\0" + b"".join(map(s15f16, v))


def icc_profile(space, version):
    """A minimal matrix/TRC display profile, ICC version 2 or 4."""
    name = {"srgb": "sRGB-like", "p3": "Display P3-like", "adobergb": "Adobe RGB-like"}[space]
    if space == "adobergb":
        trc = b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x0233)  # 2.19921875
    elif version == 4:
        trc = b"para\0\0\0\0" + struct.pack(">HH", 3, 0)
        trc += b"".join(map(s15f16, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)))
    else:
        n = 200
        curve = []
        for i in range(n):
            v = i / (n - 1)
            curve.append(round(65535 * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)))
        trc = b"curv\0\0\0\0" + struct.pack(">I", n) + struct.pack(f">{n}H", *curve)
    if version == 4:

        def mluc(s):
            t = s.encode("utf-16-be")
            return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(t), 28) + t

        desc, cprt = mluc(name), mluc("CC0")
    else:
        t = name.encode() + b"\0"
        desc = b"desc\0\0\0\0" + struct.pack(">I", len(t)) + t + bytes(4 + 4 + 2 + 1 + 67)
        cprt = b"text\0\0\0\0CC0\0"
    r, g, b = PRIMARIES_D50[space]
    tags = [(b"desc", desc), (b"cprt", cprt), (b"wtpt", xyz((0.96420288, 1.0, 0.82490540)))]
    if version == 4:
        chad = (1.04788208, 0.02291870, -0.05021667, 0.02958679, 0.99047852, -0.01707458, -0.00923157, 0.01507568, 0.75167847)
        tags.append((b"chad", b"sf32\0\0\0\0" + b"".join(map(s15f16, chad))))
    tags += [(b"rXYZ", xyz(r)), (b"gXYZ", xyz(g)), (b"bXYZ", xyz(b))]
    tags += [(b"rTRC", trc), (b"gTRC", trc), (b"bTRC", trc)]
    table, body, seen = struct.pack(">I", len(tags)), b"", {}
    start = 128 + 4 + 12 * len(tags)
    for sig, data in tags:
        if data not in seen:
            seen[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += sig + struct.pack(">II", seen[data], len(data))
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x04200000 if version == 4 else 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(4 + 4 + 4 + 4 + 8 + 4)
    head += xyz((0.96420288, 1.0, 0.82490540))[8:]
    head += bytes(128 - len(head))
    profile = head + table + body
    assert len(profile) < 1024 and len(profile) == size
    return profile


# ------------------------------------------------------------- the manifest

FILES = []
LAYOUT = {1: "gray", 2: "gray-alpha", 3: "rgb", 4: "rgba"}


def put(path, data):
    with open(os.path.join(HERE, path), "wb") as f:
        f.write(data)


def px(a):
    """Pixels as an h*w*channels array."""
    a = np.asarray(a, np.uint8)
    return np.ascontiguousarray(a[..., None] if a.ndim == 2 else a)


def to_srgb(pix, icc):
    """littlecms, relative colorimetric, no black point compensation."""
    src = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    out = pix.copy()
    im = Image.fromarray(np.ascontiguousarray(pix[..., :3]), "RGB")
    res = ImageCms.profileToProfile(
        im, src, ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.NOOPTIMIZE,
    )
    out[..., :3] = np.asarray(res)
    return out


def to_srgb_exact(pix, space):
    """The same in double precision, to check the above."""
    v = pix[..., :3].astype(np.float64) / 255
    if space == "adobergb":
        lin = v ** 2.19921875
    else:
        lin = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    m = np.linalg.inv(np.array(PRIMARIES_D50["srgb"]).T) @ np.array(PRIMARIES_D50[space]).T
    lin = np.clip(lin @ m.T, 0, 1)
    out = np.where(lin <= 0.0031308, lin * 12.92, 1.055 * lin ** (1 / 2.4) - 0.055)
    return np.clip(np.round(out * 255), 0, 255).astype(np.uint8)


ORIENT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: a[::-1].transpose(1, 0, 2),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: a[:, ::-1].transpose(1, 0, 2),
}


def pillow_oriented(data):
    with Image.open(io.BytesIO(data)) as im:
        return px(ImageOps.exif_transpose(im))


def record(fmt, name, data, pix, what, decoder, *, layout=None, upsampling=None, orientation=1,
           icc="none", icc_bytes=None, frames=1, findings=()):
    path = f"valid/{fmt}/{name}"
    ref = f"{path}.ref.z"
    pix = px(pix)
    put(path, data)
    put(ref, zlib.compress(pix.tobytes(), 9))
    h, w, ch = pix.shape
    layout = layout or LAYOUT[ch]
    max_diff, mean_diff = 0, 0.0
    if fmt == "jpeg":
        tight = all(u in ("none", "fancy-h2v1", "fancy-h2v2") for u in upsampling.split("+"))
        max_diff, mean_diff = (4, 0.5) if tight else (64, 2.0)
    entry = dict(path=path, what=what, width=w, height=h, layout=layout, reference=ref, decoder=decoder)
    if upsampling:
        entry["upsampling"] = upsampling
    entry.update(max_diff=max_diff, mean_diff=mean_diff, orientation=orientation, icc=icc,
                 frames=frames, findings=list(findings))
    if orientation != 1 or "orient" in name:
        turned = pillow_oriented(data)
        assert np.array_equal(turned, ORIENT[orientation](pix)), path
        entry["oriented_reference"] = f"{path}.oriented.ref.z"
        entry["oriented_width"], entry["oriented_height"] = turned.shape[1], turned.shape[0]
        entry["oriented_max_diff"], entry["oriented_mean_diff"] = max_diff, mean_diff
        put(entry["oriented_reference"], zlib.compress(turned.tobytes(), 9))
    if icc_bytes:
        with Image.open(io.BytesIO(data)) as im:
            assert im.info.get("icc_profile") == icc_bytes, path
        out = to_srgb(pix, icc_bytes)
        worst = np.abs(out[..., :3].astype(int) - to_srgb_exact(pix, icc)).max()
        assert worst <= 2, (path, worst)
        entry["srgb_reference"] = f"{path}.srgb.ref.z"
        # 3 for the conversion; the decoder's own difference comes on top of it
        entry["srgb_max_diff"] = 3 + max_diff
        entry["srgb_mean_diff"] = 1.0
        put(entry["srgb_reference"], zlib.compress(out.tobytes(), 9))
    FILES.append(entry)


def toml_value(v):
    if isinstance(v, str):
        return '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(v, list):
        return "[" + ", ".join(map(toml_value, v)) + "]"
    return str(v)


def run(args, stdin=b"", good=(0,)):
    p = subprocess.run(args, input=stdin, capture_output=True)
    if p.returncode not in good:
        raise RuntimeError(f"{args}: {p.stderr.decode(errors='replace')}")
    return p.stdout


# --------------------------------------------------------------------- JPEG

TURBO = f"libjpeg-turbo {features.version('libjpeg_turbo')} via Pillow"


def djpeg_version():
    p = subprocess.run(["djpeg", "-version"], capture_output=True)
    return re.search(rb"version ([0-9.]+)", p.stdout + p.stderr)[1].decode()


def pnm(img):
    img = px(img)
    kind = b"P5" if img.shape[2] == 1 else b"P6"
    return kind + b" %d %d 255\n" % (img.shape[1], img.shape[0]) + img.tobytes()


def cjpeg(img, *opts, scans=None):
    args = ["cjpeg", *map(str, opts)]
    if scans:
        f = os.path.join(TMP, "scans.txt")
        with open(f, "w") as o:
            o.write(scans)
        args += ["-scans", f]
    return run(args, pnm(img))


def jpegtran(jpg, *opts, scans=None):
    args = ["jpegtran", "-copy", "all", *map(str, opts)]
    if scans:
        f = os.path.join(TMP, "scans.txt")
        with open(f, "w") as o:
            o.write(scans)
        args += ["-scans", f]
    return run(args, jpg)


def segments(jpg):
    """[(marker, payload, entropy-coded bytes after it)], from SOI to EOI."""
    out, i = [], 0
    while i < len(jpg):
        assert jpg[i] == 0xFF
        while jpg[i + 1] == 0xFF:
            i += 1
        m = jpg[i + 1]
        i += 2
        if m in (0xD8, 0xD9):
            out.append((m, b"", b""))
            if m == 0xD9:
                break
            continue
        n = struct.unpack(">H", jpg[i : i + 2])[0]
        payload, i = jpg[i + 2 : i + n], i + n
        j = i
        if m == 0xDA:
            while j < len(jpg) and not (jpg[j] == 0xFF and jpg[j + 1] != 0 and not 0xD0 <= jpg[j + 1] <= 0xD7):
                j += 1
        out.append((m, payload, jpg[i:j]))
        i = j
    return out


def seg(m, payload=b"", ecs=b""):
    head = bytes([0xFF, m])
    return head + ecs if m in (0xD8, 0xD9) else head + struct.pack(">H", len(payload) + 2) + payload + ecs


def join(segs, before=b""):
    return b"".join((before if m != 0xD8 else b"") + seg(m, p, e) for m, p, e in segs)


def insert(jpg, *new, at=1):
    """Put segments (marker, payload) after the first `at` segments."""
    s = segments(jpg)
    return join(s[:at] + [(m, p, b"") for m, p in new] + s[at:])


def drop(jpg, *markers):
    return join([s for s in segments(jpg) if s[0] not in markers])


def sof(jpg):
    for m, p, _ in segments(jpg):
        if 0xC0 <= m <= 0xCF and m not in (0xC4, 0xC8, 0xCC):
            h, w = struct.unpack(">HH", p[1:5])
            comps = [(p[6 + 3 * i], p[7 + 3 * i] >> 4, p[7 + 3 * i] & 15) for i in range(p[5])]
            return m, w, h, comps
    raise ValueError("no frame header")


def upsampling_of(jpg):
    """What libjpeg-turbo does for each component (jdsample.c), as one word.

    Words are joined with "+" when components are treated differently.
    """
    _, w, _, comps = sof(jpg)
    hmax, vmax = max(c[1] for c in comps), max(c[2] for c in comps)
    words = set()
    for _, h, v in comps:
        across = -(-w * h // hmax)
        if (h, v) == (hmax, vmax):
            continue
        assert hmax % h == 0 and vmax % v == 0, "libjpeg-turbo refuses fractional ratios"
        ratio = (hmax // h, vmax // v)
        if ratio == (2, 1) and across > 2:
            words.add("fancy-h2v1")
        elif ratio == (2, 2) and across > 2:
            words.add("fancy-h2v2")
        elif ratio == (1, 2):
            words.add("fancy-h1v2")
        else:
            words.add("box")
    return "+".join(sorted(words)) or "none"


def decode_jpeg(data, path):
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with Image.open(io.BytesIO(data)) as im:
        im.load()
        pix = px(im)
        cmyk = im.mode == "CMYK"
    others = {}
    others["imagecodecs"] = lambda: px(imagecodecs.jpeg8_decode(data))
    if cmyk:
        # Pillow turns the samples over; the library gives what is stored.
        others["imagecodecs"] = lambda: 255 - px(imagecodecs.jpeg8_decode(data, outcolorspace="CMYK"))
    else:
        others["opencv"] = lambda: px(cv_rgb(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)))
        others["djpeg"] = lambda: read_pnm(run(["djpeg", "-pnm"], data))
    compare(path, pix, others)
    return pix


def read_pnm(b):
    m = re.match(rb"P([56])\s+(\d+)\s+(\d+)\s+255\s", b)
    w, h, ch = int(m[2]), int(m[3]), 1 if m[1] == b"5" else 3
    return np.frombuffer(b[m.end() :], np.uint8).reshape(h, w, ch)


def cv_rgb(a):
    if a.ndim == 3 and a.shape[2] == 3:
        return a[..., ::-1]
    if a.ndim == 3 and a.shape[2] == 4:
        return a[..., [2, 1, 0, 3]]
    return a


def compare(path, pix, others):
    """Names of the decoders that give the same pixels; notes about the rest."""
    same = []
    for name, fn in others.items():
        try:
            got = fn()
        except Exception as e:  # a decoder that refuses the file
            NOTES.append(f"{path}: {name} refuses it ({str(e).splitlines()[0][:90] if str(e) else type(e).__name__})")
            continue
        if got.shape != pix.shape:
            NOTES.append(f"{path}: {name} gives {got.shape}, the reference is {pix.shape}")
        elif not np.array_equal(got, pix):
            d = np.abs(got.astype(int) - pix)
            NOTES.append(f"{path}: {name} differs by up to {d.max()}, on average {d.mean():.3f}")
        else:
            same.append(name)
    return same


def jpeg(name, data, what, same_as=None, pix=None, decoder=TURBO, **kw):
    if pix is None:
        pix = decode_jpeg(data, name)
    if same_as is not None:
        assert np.array_equal(pix, decode_jpeg(same_as, name + " (plain)")), name
    if pix.shape[2] == 4:
        kw["layout"] = "cmyk"
    elif pix.shape[2] == 3:
        # djpeg -nosmooth repeats every sample: the same pixels if nothing is fancy
        plain = read_pnm(run(["djpeg", "-pnm", "-nosmooth"], data, good=(0, 2)))
        if "fancy" not in upsampling_of(data):
            assert np.array_equal(plain, pix), name
        elif min(pix.shape[:2]) > 4:
            assert not np.array_equal(plain, pix), name
    m, w, h, _ = sof(data)
    assert (w, h) == (pix.shape[1], pix.shape[0])
    assert {"base": (0xC0,), "ext_": (0xC1,), "prog": (0xC2,)}.get(name[:4], (m,)) == (m,), (name, hex(m))
    record("jpeg", name, data, pix, what, decoder, upsampling=upsampling_of(data), **kw)


PROG_SPECTRAL = "0,1,2: 0-0,0,0;\n0: 1-5,0,0;\n0: 6-63,0,0;\n1: 1-63,0,0;\n2: 1-63,0,0;\n"
PROG_DC_APART = "0: 0-0,0,0;\n1: 0-0,0,0;\n2: 0-0,0,0;\n0: 1-63,0,0;\n2: 1-63,0,0;\n1: 1-63,0,0;\n"
PROG_DEEP = (
    "0,1,2: 0-0,0,3;\n0: 1-63,0,3;\n1: 1-63,0,2;\n2: 1-63,0,2;\n0,1,2: 0-0,3,2;\n0: 1-63,3,2;\n"
    "0,1,2: 0-0,2,1;\n0: 1-63,2,1;\n1: 1-63,2,1;\n2: 1-63,2,1;\n0,1,2: 0-0,1,0;\n0: 1-63,1,0;\n"
    "1: 1-63,1,0;\n2: 1-63,1,0;\n"
)
PROG_BANDS = "0,1,2: 0-0,0,0;\n" + "".join(f"{c}: {a}-{b},0,0;\n" for a, b in ((1, 1), (2, 9), (10, 40), (41, 63)) for c in (2, 0, 1))


def refined(components):
    """Every component's bands in three steps, the DC of all in three scans, interleaved with them."""
    every = range(components)
    out = f"{','.join(map(str, every))}: 0-0,0,2;\n"
    out += "".join(f"{c}: {band},0,2;\n" for c in every for band in ("1-3", "4-63"))
    for high in (2, 1):
        out += "".join(f"{c}: 0-0,{high},{high - 1};\n" for c in reversed(every))
        out += "".join(f"{c}: {band},{high},{high - 1};\n" for c in every for band in ("4-63", "1-3"))
    return out


def make_jpeg():
    P = photo(97, 61)
    Q = photo(48, 40, 11)
    S = photo(33, 27, 12)

    samplings = [
        ("444", "1x1"), ("422", "2x1"), ("420", "2x2"), ("440", "1x2"), ("411", "4x1"), ("410", "4x2"),
    ]
    for label, s in samplings:
        jpeg(f"base_{label}_97x61.jpg", cjpeg(P, "-quality", 85, "-sample", s), f"baseline, {label} sampling")
        jpeg(f"base_{label}_33x27.jpg", cjpeg(S, "-quality", 75, "-sample", s), f"baseline, {label} sampling, odd size")
        jpeg(f"prog_{label}_48x40.jpg", cjpeg(Q, "-quality", 80, "-progressive", "-sample", s), f"progressive, {label} sampling")
    odd = [
        "2x2,1x2,1x2", "2x2,2x1,2x1", "2x2,2x1,1x2", "2x2,1x1,2x1", "2x1,1x2,1x1", "1x1,2x2,2x2", "1x1,2x1,1x2",
        "3x1,1x1,1x1", "3x2,1x1,1x1", "1x3,1x1,1x1", "1x4,1x1,1x1", "2x4,1x1,1x1", "2x1,2x1,2x1", "4x1,2x1,1x1",
        "2x1,2x1,1x1", "1x2,1x2,1x1",
    ]
    for s in odd:
        label = s.replace(",", "_")
        jpeg(f"base_s{label}_33x27.jpg", cjpeg(S, "-quality", 80, "-sample", s), f"baseline, sampling factors {s}")
    for s in ("2x2,2x1,1x2", "1x1,2x2,2x2", "4x1,2x1,1x1"):
        label = s.replace(",", "_")
        jpeg(f"prog_s{label}_33x27.jpg", cjpeg(S, "-quality", 80, "-progressive", "-sample", s), f"progressive, sampling factors {s}")
    jpeg("base_s4x4_scan_each_48x40.jpg", cjpeg(Q, "-quality", 80, "-sample", "4x4,1x1,1x1", scans="0;\n1;\n2;\n"),
         "baseline, luma sampled 4x4 with one scan per component (too many blocks for an interleaved scan)")

    jpeg("base_s2x2_2x2_2x2_scan_each_33x27.jpg", cjpeg(S, "-quality", 80, "-sample", "2x2,2x2,2x2", scans="0;\n1;\n2;\n"),
         "baseline, every component sampled 2x2 (so none is reduced), one scan per component")
    jpeg("base_s4x2_2x1_2x1_scan_each_33x27.jpg", cjpeg(S, "-quality", 80, "-sample", "4x2,2x1,2x1", scans="0;\n1;\n2;\n"),
         "baseline, 4x2 luma and 2x1 chroma, one scan per component")

    G = grey(P)
    jpeg("base_grey_97x61.jpg", cjpeg(G, "-quality", 85, "-grayscale"), "baseline, grey")
    jpeg("base_grey_s2x2_33x27.jpg", cjpeg(grey(S), "-quality", 85, "-grayscale", "-sample", "2x2"),
         "baseline, grey with sampling factors 2x2, which change nothing")
    jpeg("base_grey_s1x2_33x27.jpg", cjpeg(grey(S), "-quality", 85, "-grayscale", "-sample", "1x2", "-restart", "2B"),
         "baseline, grey with sampling factors 1x2 and a restart interval of 2 blocks")
    jpeg("base_grey_s4x3_restart_33x27.jpg", cjpeg(grey(S), "-quality", 85, "-grayscale", "-sample", "4x3", "-restart", "1"),
         "baseline, grey with sampling factors 4x3 and a restart at every row of blocks")
    jpeg("prog_grey_48x40.jpg", cjpeg(grey(Q), "-quality", 80, "-grayscale", "-progressive"), "progressive, grey")
    jpeg("prog_grey_s2x2_33x27.jpg", cjpeg(grey(S), "-quality", 80, "-grayscale", "-progressive", "-sample", "2x2"),
         "progressive, grey with sampling factors 2x2")

    for q in (5, 25, 50, 90, 95, 100):
        ext = q < 25
        opts = ("-baseline",) if ext else ()
        jpeg(f"base_q{q}_420_33x27.jpg", cjpeg(S, "-quality", q, *opts), f"baseline, quality {q}")
    jpeg("base_q1_420_33x27.jpg", cjpeg(S, "-quality", 1, "-baseline"), "baseline, quality 1 with 8-bit quantisers")
    jpeg("ext_q1_420_33x27.jpg", cjpeg(S, "-quality", 1), "extended sequential frame (SOF1, 8-bit samples), quality 1 with 16-bit quantisers")
    jpeg("ext_q10_444_48x40.jpg", cjpeg(Q, "-quality", 10, "-sample", "1x1"), "extended sequential frame (SOF1, 8-bit samples), 16-bit quantisers")
    jpeg("prog_q3_420_48x40.jpg", cjpeg(Q, "-quality", 3, "-progressive"), "progressive, quality 3, 16-bit quantisers")
    jpeg("prog_q100_444_33x27.jpg", cjpeg(S, "-quality", 100, "-progressive", "-sample", "1x1"), "progressive, quality 100")
    jpeg("base_q100_444_noise_24x24.jpg", cjpeg(noise(24, 24, 3, 21), "-quality", 100, "-sample", "1x1"), "baseline, noise at quality 100 (large coefficients)")
    check = px(np.indices((24, 24)).sum(0) % 2 * 255)
    jpeg("base_q100_grey_checker_24x24.jpg", cjpeg(check, "-quality", 100, "-grayscale"), "baseline, black and white checkerboard (samples clip at both ends)")
    jpeg("base_q30_420_checker_40x40.jpg",
         cjpeg(np.where((np.indices((40, 40)).sum(0) // 3 % 2)[..., None], (255, 0, 0), (0, 0, 255)).astype(np.uint8), "-quality", 30),
         "baseline, saturated red and blue edges (samples clip)")
    jpeg("base_optimised_420_97x61.jpg", cjpeg(P, "-quality", 85, "-optimize"), "baseline, optimised Huffman tables")
    jpeg("base_optimised_grey_flat_64x48.jpg", cjpeg(np.full((48, 64), 119, np.uint8), "-grayscale", "-optimize"),
         "baseline, one flat grey with optimised tables of one or two codes")
    jpeg("prog_smooth_420_160x120.jpg", cjpeg(smooth(160, 120), "-quality", 60, "-progressive"), "progressive, smooth picture with long end-of-band runs")

    jpeg("base_restart_row_420_97x61.jpg", cjpeg(P, "-quality", 80, "-restart", "1"), "baseline, a restart at every row of MCUs")
    jpeg("base_restart_1mcu_420_48x40.jpg", cjpeg(Q, "-quality", 80, "-restart", "1B"), "baseline, a restart at every MCU")
    jpeg("base_restart_3mcu_422_48x40.jpg", cjpeg(Q, "-quality", 80, "-sample", "2x1", "-restart", "3B"), "baseline, a restart every 3 MCUs, not a divisor of the row")
    jpeg("base_restart_huge_444_33x27.jpg", cjpeg(S, "-quality", 80, "-sample", "1x1", "-restart", "5000B"), "baseline, a restart interval longer than the picture")
    jpeg("base_restart_scan_each_420_48x40.jpg", cjpeg(Q, "-quality", 80, "-restart", "2B", scans="0;\n1;\n2;\n"), "baseline, one scan per component, restart every 2 blocks")
    jpeg("prog_restart_row_420_48x40.jpg", cjpeg(Q, "-quality", 80, "-progressive", "-restart", "1"), "progressive, a restart at every row")
    jpeg("prog_restart_3mcu_444_33x27.jpg", cjpeg(S, "-quality", 80, "-progressive", "-sample", "1x1", "-restart", "3B"), "progressive, a restart every 3 MCUs")
    jpeg("prog_restart_1mcu_grey_33x27.jpg", cjpeg(grey(S), "-quality", 80, "-grayscale", "-progressive", "-restart", "1B"), "progressive grey, a restart at every block")

    jpeg("base_scan_each_420_48x40.jpg", cjpeg(Q, "-quality", 80, scans="0;\n1;\n2;\n"), "baseline, one scan per component")
    jpeg("base_scan_each_444_33x27.jpg", cjpeg(S, "-quality", 80, "-sample", "1x1", scans="2;\n0;\n1;\n"), "baseline, one scan per component, not in order")
    jpeg("base_scan_y_then_cbcr_420_48x40.jpg", cjpeg(Q, "-quality", 80, scans="0;\n1,2;\n"), "baseline, luma scan and then one interleaved chroma scan")
    jpeg("base_scan_each_422_33x27.jpg", cjpeg(S, "-quality", 80, "-sample", "2x1", "-optimize", scans="0;\n1;\n2;\n"), "baseline, one scan per component with its own tables between the scans")
    jpeg("prog_spectral_420_48x40.jpg", cjpeg(Q, "-quality", 80, scans=PROG_SPECTRAL), "progressive, spectral selection only")
    jpeg("prog_dc_apart_422_48x40.jpg", cjpeg(Q, "-quality", 80, "-sample", "2x1", scans=PROG_DC_APART), "progressive, DC scans not interleaved")
    jpeg("prog_deep_420_48x40.jpg", cjpeg(Q, "-quality", 95, scans=PROG_DEEP), "progressive, four passes of successive approximation")
    jpeg("prog_bands_411_33x27.jpg", cjpeg(S, "-quality", 90, "-sample", "4x1", scans=PROG_BANDS), "progressive, four bands per component")

    rgb = cjpeg(S, "-quality", 85, "-rgb")
    jpeg("base_rgb_adobe_33x27.jpg", rgb, "baseline, RGB samples, Adobe marker with transform 0 and component names R, G, B")
    assert any(m == 0xEE for m, _, _ in segments(rgb))
    jpeg("base_rgb_names_only_33x27.jpg", drop(rgb, 0xEE), "baseline, RGB samples known only by the component names R, G, B", same_as=rgb)
    b = io.BytesIO()
    Image.fromarray(Q).save(b, "JPEG", quality=85, keep_rgb=True)
    jpeg("base_rgb_pillow_48x40.jpg", b.getvalue(), "baseline, RGB samples, written by Pillow")
    jpeg("prog_rgb_33x27.jpg", cjpeg(S, "-quality", 85, "-rgb", "-progressive"), "progressive, RGB samples")

    ink = np.dstack([255 - photo(48, 40, 31), grey(photo(48, 40, 32)) // 2])
    for name, opts, what in [
        ("base_cmyk_adobe_48x40.jpg", {}, "baseline, CMYK, Adobe marker with transform 0"),
        ("prog_cmyk_adobe_48x40.jpg", {"progressive": True}, "progressive, CMYK, Adobe marker with transform 0"),
    ]:
        b = io.BytesIO()
        Image.fromarray(ink, "CMYK").save(b, "JPEG", quality=85, **opts)
        jpeg(name, b.getvalue(), what)
        mean = np.abs(decode_jpeg(b.getvalue(), name).astype(int) - ink).mean()
        assert mean < 8, mean  # ink amounts, not their complements
    for s, label in (("444", "444"), ("420", "420")):
        y = imagecodecs.jpeg8_encode(np.ascontiguousarray(255 - ink), 85, colorspace="CMYK", outcolorspace="YCCK", subsampling=s)
        assert any(m == 0xEE and p[-1] == 2 for m, p, _ in segments(y))
        jpeg(f"base_ycck_{label}_48x40.jpg", y, f"baseline, YCCK, Adobe marker with transform 2, {label} sampling")
        mean = np.abs(decode_jpeg(y, "ycck").astype(int) - ink).mean()
        assert mean < 14, mean
    y = imagecodecs.jpeg8_encode(np.ascontiguousarray(255 - ink[:27, :33]), 85, colorspace="CMYK", outcolorspace="YCCK", subsampling="422")
    jpeg("base_ycck_422_33x27.jpg", y, "baseline, YCCK, Adobe marker with transform 2, 422 sampling")

    for w, h in ((1, 1), (2, 2), (4, 4), (5, 5), (8, 8), (15, 15), (16, 16), (17, 9), (31, 33), (3, 160), (160, 3), (1, 40), (40, 1)):
        p = photo(w, h, 41 + w)
        jpeg(f"base_420_{w}x{h}.jpg", cjpeg(p, "-quality", 85), f"baseline, 420 sampling, {w}x{h}")
    for w, h in ((1, 1), (17, 9), (3, 160)):
        p = photo(w, h, 41 + w)
        jpeg(f"prog_420_{w}x{h}.jpg", cjpeg(p, "-quality", 85, "-progressive"), f"progressive, 420 sampling, {w}x{h}")
    for s, label in (("2x1", "422"), ("1x2", "440"), ("1x1", "444")):
        for w, h in ((1, 1), (4, 7), (17, 9)):
            p = photo(w, h, 51 + w)
            jpeg(f"base_{label}_{w}x{h}.jpg", cjpeg(p, "-quality", 85, "-sample", s), f"baseline, {label} sampling, {w}x{h}")
    jpeg("base_grey_1x1.jpg", cjpeg(grey(photo(1, 1)), "-grayscale"), "baseline, grey, 1x1")

    # the coefficients of files above, sent otherwise: crates/jpeg/tests/same_coefficients.rs
    for label, name in [(label, f"base_{label}_33x27.jpg") for label in ("444", "422", "420", "440", "411", "410", "s2x2_2x1_1x2", "s1x1_2x2_2x2", "s3x1_1x1_1x1")] + [
        ("grey", "base_grey_97x61.jpg"), ("rgb", "base_rgb_adobe_33x27.jpg"), ("cmyk", "base_cmyk_adobe_48x40.jpg"), ("ycck", "base_ycck_420_48x40.jpg"),
    ]:
        with open(os.path.join(OUT, "jpeg", name), "rb") as f:
            plain = f.read()
        size, inks = name[:-4].rsplit("_", 1)[1], len(sof(plain)[3])
        jpeg(f"prog_same_{label}_{size}.jpg", jpegtran(plain, "-progressive"), f"progressive, the coefficients of {name}", same_as=plain)
        jpeg(f"prog_same_{label}_refined_{size}.jpg", jpegtran(plain, "-restart", "3B", scans=refined(inks)),
             f"progressive in refined bands with a restart every 3 units, the coefficients of {name}", same_as=plain)
        if inks > 1:
            jpeg(f"base_same_{label}_scan_each_{size}.jpg", jpegtran(plain, "-restart", "2B", scans="".join(f"{c};\n" for c in range(inks))),
                 f"one scan per component with a restart every 2 blocks, the coefficients of {name}", same_as=plain)

    U = photo(40, 24, 61)
    plain = cjpeg(U, "-quality", 80)
    for o in range(1, 9):
        data = insert(plain, (0xE1, b"Exif\0\0" + exif(o, big=o % 2 == 0)), at=2)
        jpeg(f"base_orient_{o}_40x24.jpg", data, f"EXIF orientation {o}, {'big' if o % 2 == 0 else 'little'}-endian", same_as=plain, orientation=o)
    data = insert(drop(plain, 0xE0), (0xE1, b"Exif\0\0" + exif(6, extra=False)), at=1)
    jpeg("base_orient_6_no_jfif_40x24.jpg", data, "EXIF orientation 6 directly after SOI, no JFIF segment", same_as=plain, orientation=6)

    V = photo(40, 32, 62)
    for space, version in (("srgb", 2), ("srgb", 4), ("p3", 4), ("p3", 2), ("adobergb", 2), ("adobergb", 4)):
        prof = icc_profile(space, version)
        plain_v = cjpeg(V, "-quality", 90, "-sample", "1x1")
        data = insert(plain_v, (0xE2, b"ICC_PROFILE\0\x01\x01" + prof), at=2)
        jpeg(f"base_icc_{space}_v{version}_40x32.jpg", data, f"{space} ICC profile, version {version}", same_as=plain_v, icc=space, icc_bytes=prof)
    prof = icc_profile("p3", 4)
    third = len(prof) // 3
    parts = [prof[:third], prof[third : 2 * third], prof[2 * third :]]
    chunks = [(0xE2, b"ICC_PROFILE\0" + bytes([i + 1, 3]) + c) for i, c in enumerate(parts)]
    jpeg("base_icc_p3_3_chunks_40x32.jpg", insert(plain_v, *chunks, at=2), "Display P3 ICC profile in 3 APP2 chunks", icc="p3", icc_bytes=prof)
    jpeg("prog_icc_p3_chunks_swapped_40x32.jpg", insert(cjpeg(V, "-quality", 90, "-progressive"), chunks[2], chunks[0], chunks[1], at=2),
         "progressive, Display P3 ICC profile in 3 APP2 chunks out of order", icc="p3", icc_bytes=prof)
    jpeg("base_icc_adobergb_orient_5_40x24.jpg",
         insert(plain, (0xE1, b"Exif\0\0" + exif(5)), (0xE2, b"ICC_PROFILE\0\x01\x01" + icc_profile("adobergb", 2)), at=2),
         "Adobe RGB ICC profile and EXIF orientation 5", orientation=5, icc="adobergb", icc_bytes=icc_profile("adobergb", 2))

    plain = cjpeg(S, "-quality", 80)
    variants = [
        ("base_comment_33x27.jpg", insert(plain, (0xFE, b"a comment"), (0xFE, b""), (0xFE, b"\0\xff\xd9\xff\xda"), at=2), "comments, one empty and one with marker bytes in it", ()),
        ("base_dri_zero_33x27.jpg", insert(plain, (0xDD, b"\0\0"), at=2), "a restart interval segment of 0 (none)", ()),
        ("base_app_segments_33x27.jpg",
         insert(plain, (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP), (0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\0"), (0xEF, b"\xff" * 300), at=2), "XMP, Photoshop and unknown application segments", ()),
        ("base_no_jfif_33x27.jpg", drop(plain, 0xE0), "no JFIF segment", ()),
        ("base_adobe_ycc_33x27.jpg", insert(drop(plain, 0xE0), (0xEE, b"Adobe\0\x64\0\0\0\0\x01"), at=1), "Adobe marker with transform 1 and no JFIF segment", ()),
        ("base_trailing_33x27.jpg", plain + b"trailing bytes \xff\xd8\xff\0" * 3, "bytes after EOI", ("trailing_bytes",)),
        ("base_trailing_jpeg_33x27.jpg", plain + cjpeg(smooth(8, 8)), "a second JPEG after EOI", ("trailing_bytes",)),
        ("base_fill_33x27.jpg", join(segments(plain), before=b"\xff\xff\xff"), "0xFF fill bytes before every marker", ()),
    ]
    # JFIF thumbnail, component numbers from 0, all tables in one segment each
    segs = segments(plain)
    jfif = segs[1][1]
    variants.append(("base_jfif_thumbnail_33x27.jpg", join(segs[:1] + [(0xE0, jfif[:-2] + b"\x02\x02" + bytes(range(12)), b"")] + segs[2:]), "JFIF segment with a 2x2 thumbnail", ()))
    renum = []
    for m, p, e in segs:
        p = bytearray(p)
        if m == 0xC0:
            for i in range(3):
                p[6 + 3 * i] -= 1
        if m == 0xDA:
            for i in range(3):
                p[1 + 2 * i] -= 1
        renum.append((m, bytes(p), e))
    variants.append(("base_components_from_0_33x27.jpg", join(renum), "component numbers 0, 1, 2", ()))
    merged, seen = [], {}
    for m, p, e in segs:
        if m in (0xDB, 0xC4) and m in seen:
            k = seen[m]
            merged[k] = (m, merged[k][1] + p, b"")
            continue
        seen[m] = len(merged)
        merged.append((m, p, e))
    variants.append(("base_tables_merged_33x27.jpg", join(merged), "all quantisation tables in one segment and all Huffman tables in one", ()))
    last = [s for s in segs if s[0] not in (0xDB, 0xC4)]
    k = [s[0] for s in last].index(0xDA)
    tables = [s for s in segs if s[0] == 0xC4] + [s for s in segs if s[0] == 0xDB]
    variants.append(("base_tables_after_frame_33x27.jpg", join(last[:k] + tables + last[k:]), "tables after the frame header, Huffman first", ()))
    for name, data, what, found in variants:
        jpeg(name, data, what, same_as=plain, findings=found)
    for name, whole, what in [
        ("base_missing_eoi_33x27.jpg", plain, "baseline, scan complete, EOI missing"),
        ("prog_missing_eoi_33x27.jpg", cjpeg(S, "-quality", 80, "-progressive"), "progressive, scans complete, EOI missing"),
    ]:
        assert whole[-2:] == b"\xff\xd9"
        pix = decode_jpeg(whole, name + " (whole)")
        same = compare(name, pix, {
            "Pillow": lambda: px(Image.open(io.BytesIO(whole[:-2]))),
            "djpeg": lambda: read_pnm(run(["djpeg", "-pnm"], whole[:-2], good=(0, 2))),
        })
        assert "djpeg" in same
        jpeg(name, whole[:-2], what, pix=pix, decoder=f"libjpeg-turbo {djpeg_version()} via djpeg", findings=("missing_end",))


# ---------------------------------------------------------------------- PNG

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, data=b"", bad_crc=False):
    crc = zlib.crc32(kind + data) ^ (0x5A5A5A5A if bad_crc else 0)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def pack_rows(samples, depth):
    h, w, ch = samples.shape
    rows = samples.reshape(h, w * ch)
    if depth == 16:
        return [r.astype(">u2").tobytes() for r in rows]
    if depth == 8:
        return [r.astype(np.uint8).tobytes() for r in rows]
    out = []
    for r in rows:
        bits = ((r[:, None].astype(np.uint8) >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
        out.append(np.packbits(bits.reshape(-1)).tobytes())
    return out


def filter_rows(rows, bpp, choose):
    out, prev = bytearray(), bytes(len(rows[0]))
    for y, row in enumerate(rows):
        t = choose(y)
        out.append(t)
        for i, v in enumerate(row):
            a = row[i - bpp] if i >= bpp else 0
            b = prev[i]
            c = prev[i - bpp] if i >= bpp else 0
            if t == 4:
                p = a + b - c
                pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
                guess = a if pa <= pb and pa <= pc else b if pb <= pc else c
            else:
                guess = (0, a, b, (a + b) // 2)[t]
            out.append((v - guess) & 255)
        prev = row
    return bytes(out)


def png_stream(samples, ct, depth, interlaced=False, choose=lambda y: y % 5, level=9, strategy=0, wbits=15):
    bpp = max(1, CHANNELS[ct] * depth // 8)
    raw = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else ((0, 0, 1, 1),):
        part = samples[y0::dy, x0::dx]
        if part.size:
            raw += filter_rows(pack_rows(part, depth), bpp, choose)
    z = zlib.compressobj(level, zlib.DEFLATED, wbits, 9, strategy)
    return z.compress(raw) + z.flush()


def png_file(samples, ct, depth, *, pal=None, trns=None, interlaced=False, early=b"", late=b"", post=b"", tail=b"", split=None, **kw):
    h, w, _ = samples.shape
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, ct, 0, 0, int(interlaced))) + early
    if pal is not None:
        out += chunk(b"PLTE", pal.tobytes())
    if trns is not None:
        out += chunk(b"tRNS", trns)
    out += late
    z = png_stream(samples, ct, depth, interlaced, **kw)
    if split is None:
        out += chunk(b"IDAT", z)
    else:
        i = 0
        for n in split(len(z)):
            out += chunk(b"IDAT", z[i : i + n])
            i += n
        assert i >= len(z)
    return out + post + chunk(b"IEND") + tail


def png_pixels(samples, ct, depth, pal=None, trns=None):
    """What the file means, as 8-bit pixels."""
    s = samples.astype(np.int64)
    if ct == 3:
        rgb = pal[s[..., 0]]
        if trns is None:
            return rgb
        a = np.frombuffer(trns + b"\xff" * (256 - len(trns)), np.uint8)[s[..., 0]]
        return np.dstack([rgb, a])
    v = s >> 8 if depth == 16 else s * 255 // ((1 << depth) - 1)
    if trns is not None:
        key = np.array(struct.unpack(f">{len(trns) // 2}H", trns))
        a = np.where((s == key).all(-1), 0, 255)
        v = np.dstack([v, a])
    return v.astype(np.uint8)


def fit(a, ch):
    """A decoder's array in the reference's layout, 8-bit."""
    a = np.asarray(a)
    if a.ndim == 2:
        a = a[..., None]
    if a.dtype == np.uint16:
        a = (a >> 8).astype(np.uint8)
    have = a.shape[2]
    if have == ch:
        return a
    if (have, ch) in ((3, 1), (4, 2)):
        assert (a[..., 0] == a[..., 1]).all() and (a[..., 1] == a[..., 2]).all()
        return a[..., :1] if ch == 1 else a[..., [0, 3]]
    if have == 2 and ch == 4:
        return a[..., [0, 0, 0, 1]]
    if have == 1 and ch == 3:
        return np.repeat(a, 3, 2)
    raise ValueError(f"{have} channels for {ch}")


def vips(data):
    im = pyvips.Image.new_from_buffer(data, "", access="sequential")
    return im.numpy()


def pillow_png(data, ch):
    with Image.open(io.BytesIO(data)) as im:
        if im.mode in ("P", "PA") or "transparency" in im.info:
            return fit(np.asarray(im.convert("RGBA" if ch in (2, 4) else "RGB")), ch)
        if im.mode == "1":
            return fit(np.asarray(im.convert("L")), ch)
        return fit(np.asarray(im), ch)


PNG_DECODERS = {
    "imagecodecs": lambda d, ch: fit(imagecodecs.png_decode(d), ch),
    "OpenCV": lambda d, ch: fit(cv_rgb(cv2.imdecode(np.frombuffer(d, np.uint8), cv2.IMREAD_UNCHANGED)), ch),
    "pyvips": lambda d, ch: fit(vips(d), ch),
    "Pillow": pillow_png,
}


def lib_version(name):
    m = re.search(rf"\b{name}-([0-9.]+)", imagecodecs.version())
    return m[1]


PNG_NAMES = {
    "imagecodecs": f"libpng {lib_version('libpng')} via imagecodecs",
    "OpenCV": f"libpng via OpenCV {cv2.__version__}",
    "pyvips": f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)} via pyvips",
    "Pillow": f"Pillow {PIL.__version__}",
}


def png(name, data, pix, what, **kw):
    pix = px(pix)
    same = compare(name, pix, {k: (lambda f=f: f(data, pix.shape[2])) for k, f in PNG_DECODERS.items()})
    best = next((k for k in PNG_NAMES if k in same), None)
    assert best, (name, "no decoder agrees", NOTES[-4:])
    record("png", name, data, pix, what, PNG_NAMES[best], **kw)


def samples_for(ct, depth, w, h, seed):
    """Samples and, for palettes, the palette."""
    img = photo(w, h, seed, noise=3 if depth == 16 else 0)
    if ct == 3:
        n = min(1 << depth, 200)
        return flat(w, h, n, seed)[..., None], palette(n, seed)
    if ct in (0, 4):
        s = grey(img)[..., None]
    else:
        s = img
    s = s.astype(np.int64)
    if ct in (4, 6):
        s = np.dstack([s, alpha_plane(w, h, "disc" if ct == 6 else "ramp")])
    if depth < 8:
        s = s >> (8 - depth)
    elif depth == 16:
        s = (s << 8) | rng(seed + 100).integers(0, 4, s.shape) * 85
    return s, None


COMBOS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16), (6, 8), (6, 16)]
CT_NAME = {0: "grey", 2: "rgb", 3: "palette", 4: "greyalpha", 6: "rgba"}


def make_png():
    for ct, depth in COMBOS:
        s, pal = samples_for(ct, depth, 33, 27, 7 + ct + depth)
        for inter in (False, True):
            data = png_file(s, ct, depth, pal=pal, interlaced=inter)
            png(f"{CT_NAME[ct]}_{depth}bit{'_adam7' if inter else ''}_33x27.png", data, png_pixels(s, ct, depth, pal),
                f"{CT_NAME[ct]}, {depth} bits, {'interlaced' if inter else 'not interlaced'}, rows with filters 0 to 4 in turn")

    for ct, depth in COMBOS:
        if ct in (4, 6):
            continue
        s, pal = samples_for(ct, depth, 33, 27, 70 + ct + depth)
        s = s.copy()
        if ct == 3:
            trns = bytes([80]) if depth == 1 else bytes([0, 128, 255, 40, 200])[: min(5, 1 << depth)] * (6 if depth == 8 else 1)
        else:
            ch = CHANNELS[ct]
            key = [s[13, 16, i] for i in range(ch)]
            if ct == 2 or depth >= 8:
                s[8:16, 10:20] = key
            if depth == 16:
                s[16:22, 10:20] = key
                s[16:22, 10:20, -1] ^= 1  # the same high bytes, but not transparent
            if ct == 2 and depth == 8:
                s[16:22, 10:20] = key
                s[16:22, 10:20, 1] ^= 1
            trns = struct.pack(f">{ch}H", *key)
        for inter in (False, True):
            if inter and (ct, depth) not in ((0, 1), (0, 16), (2, 8), (2, 16), (3, 4), (3, 8)):
                continue
            data = png_file(s, ct, depth, pal=pal, trns=trns, interlaced=inter)
            pix = png_pixels(s, ct, depth, pal, trns)
            assert 0 < (pix[..., -1] != 255).sum() < pix[..., -1].size
            png(f"{CT_NAME[ct]}_{depth}bit_trns{'_adam7' if inter else ''}_33x27.png", data, pix,
                f"{CT_NAME[ct]}, {depth} bits, tRNS{', interlaced' if inter else ''}"
                + ("; a neighbour equal in its high bytes only stays opaque" if depth == 16 else ""))
    s, pal = samples_for(3, 8, 33, 27, 90)
    trns = bytes((i * 37) & 255 for i in range(len(pal)))
    png("palette_8bit_trns_full_33x27.png", png_file(s, 3, 8, pal=pal, trns=trns), png_pixels(s, 3, 8, pal, trns), "palette, tRNS as long as the palette")
    s, pal = flat(33, 27, 3)[..., None], palette(3, 91)
    png("palette_4bit_3_entries_33x27.png", png_file(s, 3, 4, pal=pal), png_pixels(s, 3, 4, pal), "palette of 3 entries at 4 bits")
    s, pal = np.zeros((5, 5, 1), np.int64), palette(1)
    png("palette_1bit_1_entry_5x5.png", png_file(s, 3, 1, pal=pal), png_pixels(s, 3, 1, pal), "palette of one entry")
    s = (np.arange(16 * 16).reshape(16, 16, 1)).astype(np.int64)
    pal = palette(256, 92)
    png("palette_8bit_256_entries_16x16.png", png_file(s, 3, 8, pal=pal), png_pixels(s, 3, 8, pal), "palette of 256 entries, all used")
    s = np.arange(32 * 24).reshape(24, 32, 1) * 85 % 65536
    png("grey_16bit_ramp_32x24.png", png_file(s, 0, 16), png_pixels(s, 0, 16), "16-bit grey ramp: the high byte is taken, not rounded")

    img = photo(33, 27, 13, noise=2).astype(np.int64)
    for t in range(5):
        png(f"filter_{t}_rgb_33x27.png", png_file(img, 2, 8, choose=lambda y, t=t: t), img, f"rgb, filter {t} on every row")
    s, _ = samples_for(6, 16, 33, 27, 14)
    for t in (1, 3, 4):
        png(f"filter_{t}_rgba16_33x27.png", png_file(s, 6, 16, choose=lambda y, t=t: t), png_pixels(s, 6, 16), f"rgba 16 bits, filter {t} on every row")
    s, _ = samples_for(0, 2, 33, 27, 15)
    for t in (3, 4):
        png(f"filter_{t}_grey2_33x27.png", png_file(s, 0, 2, choose=lambda y, t=t: t), png_pixels(s, 0, 2), f"grey 2 bits, filter {t} on every row")

    for n in range(1, 9):
        s, _ = samples_for(2, 8, n, n, 20 + n)
        png(f"adam7_rgb_{n}x{n}.png", png_file(s, 2, 8, interlaced=True), s, f"interlaced rgb, {n}x{n}")
    for w, h in ((1, 8), (8, 1), (1, 2), (2, 1), (5, 3), (3, 5), (1, 40), (40, 1)):
        s, _ = samples_for(0, 1, w, h, 30 + w)
        png(f"adam7_grey1_{w}x{h}.png", png_file(s, 0, 1, interlaced=True), png_pixels(s, 0, 1), f"interlaced 1-bit grey, {w}x{h}: some passes are empty")
    for ct in (0, 2, 3, 6):
        s, pal = samples_for(ct, 8, 1, 1, 40)
        png(f"{CT_NAME[ct]}_1x1.png", png_file(s, ct, 8, pal=pal), png_pixels(s, ct, 8, pal), f"{CT_NAME[ct]}, 1x1")

    whole = png_file(img, 2, 8)
    png("idat_1_byte_each_9x7.png", png_file(img[:7, :9], 2, 8, split=lambda n: [1] * n), img[:7, :9], "every IDAT holds one byte")
    png("idat_odd_sizes_33x27.png", png_file(img, 2, 8, split=lambda n: [1, 2, 3, 5, 7, 11, 101, n]), img, "IDATs of 1, 2, 3, 5, 7, 11, 101 bytes and the rest")
    png("idat_empty_33x27.png", png_file(img, 2, 8, split=lambda n: [0, 2, 0, 0, 50, 0, n, 0]), img, "empty IDATs first, between and last")
    for name, kw, what in [
        ("zlib_stored_17x9.png", dict(level=0), "stored deflate blocks"),
        ("zlib_fixed_33x27.png", dict(strategy=zlib.Z_FIXED), "fixed Huffman codes"),
        ("zlib_huffman_only_33x27.png", dict(strategy=zlib.Z_HUFFMAN_ONLY), "Huffman codes without matches"),
        ("zlib_rle_33x27.png", dict(strategy=zlib.Z_RLE), "matches at distance 1 only"),
        ("zlib_window_512_33x27.png", dict(wbits=9), "a zlib window of 512 bytes"),
        ("zlib_level1_33x27.png", dict(level=1), "zlib level 1"),
    ]:
        p = img[:9, :17] if "17x9" in name else img
        png(name, png_file(p, 2, 8, **kw), p, what)
    flat_img = np.full((120, 160, 3), (10, 200, 90), np.int64)
    png("zlib_long_matches_160x120.png", png_file(flat_img, 2, 8, choose=lambda y: 0), flat_img, "one colour: matches of length 258")

    g = chunk(b"gAMA", struct.pack(">I", 45455))
    chrm = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    itxt = b"Title\0\0\0en\0Titel\0" + "Gr\u00fc\u00dfe".encode()
    itxtz = b"Comment\0\x01\0\0\0" + zlib.compress(b"compressed " * 9, 9)
    extras = [
        ("gama", dict(early=g), "gAMA 1/2.2", ()),
        ("gama_linear", dict(early=chunk(b"gAMA", struct.pack(">I", 100000))), "gAMA 1.0; the reference ignores it", ()),
        ("gama_chrm", dict(early=g + chrm), "gAMA and cHRM with the sRGB values", ()),
        ("srgb", dict(early=chunk(b"sRGB", b"\0")), "sRGB chunk", ()),
        ("srgb_gama_chrm", dict(early=chunk(b"sRGB", b"\x01") + g + chrm), "sRGB, gAMA and cHRM chunks", ()),
        ("cicp_srgb", dict(early=chunk(b"cICP", b"\x01\x0d\x00\x01")), "cICP chunk that says sRGB", ()),
        ("text", dict(early=chunk(b"tEXt", b"Title\0A small picture") + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"words " * 20, 9)),
                      post=chunk(b"iTXt", itxt) + chunk(b"iTXt", itxtz)), "tEXt, zTXt and iTXt, before and after the picture", ()),
        ("phys_time_sbit_bkgd", dict(early=chunk(b"sBIT", b"\x08\x08\x08"), late=chunk(b"bKGD", struct.pack(">3H", 1, 2, 3)) + chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
                                     post=chunk(b"tIME", struct.pack(">HBBBBB", 2024, 2, 29, 23, 59, 60))), "sBIT, bKGD, pHYs and tIME", ()),
        ("splt", dict(late=chunk(b"sPLT", b"small\0\x08" + bytes(range(12)))), "sPLT suggested palette", ()),
        ("plte_in_rgb", dict(pal=palette(16, 93)), "a PLTE in an rgb picture, only a suggestion", ()),
        ("unknown_chunk", dict(early=chunk(b"fiCx", b"private"), post=chunk(b"zzZz", b"")), "unknown ancillary chunks", ("unknown_chunk",)),
        ("bad_crc_text", dict(early=chunk(b"tEXt", b"Title\0damaged", bad_crc=True)), "wrong CRC in a tEXt chunk", ("ancillary_crc",)),
        ("bad_crc_time_late", dict(post=chunk(b"tIME", struct.pack(">HBBBBB", 2024, 2, 29, 23, 59, 60), bad_crc=True)), "wrong CRC in a tIME chunk after the picture", ("ancillary_crc",)),
        ("trailing", dict(tail=b"bytes after IEND" * 3), "bytes after IEND", ("trailing_bytes",)),
        ("trailing_png", dict(tail=whole), "a second PNG after IEND", ("trailing_bytes",)),
    ]
    for name, kw, what, found in extras:
        pal = kw.get("pal")
        png(f"anc_{name}_33x27.png", png_file(img, 2, 8, **kw), img, what, findings=found)

    V = photo(40, 32, 62, noise=2)
    Va = np.dstack([V, alpha_plane(40, 32)])
    for space, version in (("srgb", 2), ("p3", 4), ("p3", 2), ("adobergb", 2), ("adobergb", 4)):
        prof = icc_profile(space, version)
        c = chunk(b"iCCP", space.encode() + b"\0\0" + zlib.compress(prof, 9))
        png(f"icc_{space}_v{version}_40x32.png", png_file(V, 2, 8, early=c), V, f"{space} ICC profile, version {version}", icc=space, icc_bytes=prof)
    prof = icc_profile("p3", 4)
    c = chunk(b"iCCP", b"p3\0\0" + zlib.compress(prof, 9))
    png("icc_p3_rgba_40x32.png", png_file(Va, 6, 8, early=c), Va, "Display P3 ICC profile, rgba", icc="p3", icc_bytes=prof)
    s, pal = samples_for(3, 4, 33, 27, 94)
    png("icc_p3_palette_33x27.png", png_file(s, 3, 4, pal=pal, early=c), png_pixels(s, 3, 4, pal), "Display P3 ICC profile, palette", icc="p3", icc_bytes=prof)

    U = photo(40, 24, 61, noise=2)
    for o in range(1, 9):
        e = chunk(b"eXIf", exif(o, big=o % 2 == 1))
        late = o == 8
        data = png_file(U, 2, 8, **({"post": e} if late else {"early": e}))
        png(f"orient_{o}_40x24.png", data, U, f"eXIf orientation {o}, {'big' if o % 2 else 'little'}-endian{', after the picture' if late else ''}", orientation=o)

    # APNG
    A = [photo(33, 27, 80 + i, noise=0) for i in range(3)]
    sub = photo(12, 10, 84, noise=0)

    def fctl(seq, w, h, x=0, y=0, dispose=0, blend=0):
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", seq, w, h, x, y, 1, 10, dispose, blend))

    def fdat(seq, p):
        return chunk(b"fdAT", struct.pack(">I", seq) + png_stream(p, 2, 8))

    actl = lambda n: chunk(b"acTL", struct.pack(">II", n, 0))
    png("apng_default_is_frame_0_33x27.png",
        png_file(A[0], 2, 8, early=actl(3), late=fctl(0, 33, 27), post=fctl(1, 33, 27) + fdat(2, A[1]) + fctl(3, 12, 10, 5, 6) + fdat(4, sub)),
        A[0], "APNG of 3 frames, the default image is the first", frames=3)
    png("apng_default_apart_33x27.png",
        png_file(A[0], 2, 8, early=actl(2), post=fctl(0, 33, 27) + fdat(1, A[1]) + fctl(2, 33, 27) + fdat(3, A[2])),
        A[0], "APNG of 2 frames, the default image is not one of them; the reference is the default image", frames=2)
    png("apng_one_frame_33x27.png", png_file(A[2], 2, 8, early=actl(1), late=fctl(0, 33, 27)), A[2], "APNG of one frame")


# --------------------------------------------------------------------- WebP

WEBP = f"libwebp {features.version('webp')} via Pillow"


def webp_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def riff(body):
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def webp_chunks(data):
    assert data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    out, i = [], 12
    while i + 8 <= len(data):
        kind, n = data[i : i + 4], struct.unpack("<I", data[i + 4 : i + 8])[0]
        out.append((kind, data[i + 8 : i + 8 + n]))
        i += 8 + n + (n & 1)
    return out


def u24(v):
    return struct.pack("<I", v)[:3]


def vp8x(w, h, icc=False, alpha=False, exif_=False, xmp=False, anim=False):
    flags = icc << 5 | alpha << 4 | exif_ << 3 | xmp << 2 | anim << 1
    return webp_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + u24(w - 1) + u24(h - 1))


def picture_chunks(data):
    return [(k, d) for k, d in webp_chunks(data) if k in (b"ALPH", b"VP8 ", b"VP8L")]


def extended(data, w, h, icc=None, exif_=None, xmp=None, alpha=False, extra_before=b"", extra_after=b"", unknown_end=b""):
    body = vp8x(w, h, bool(icc), alpha, bool(exif_), bool(xmp))
    body += webp_chunk(b"ICCP", icc) if icc else b""
    body += extra_before
    body += b"".join(webp_chunk(k, d) for k, d in picture_chunks(data))
    body += extra_after
    body += webp_chunk(b"EXIF", exif_) if exif_ else b""
    body += webp_chunk(b"XMP ", xmp) if xmp else b""
    return riff(body + unknown_end)


def plain_png(img):
    img = px(img)
    ct = {1: 0, 3: 2, 4: 6}[img.shape[2]]
    f = os.path.join(TMP, "in.png")
    with open(f, "wb") as o:
        o.write(png_file(img.astype(np.int64), ct, 8, choose=lambda y: 0))
    return f


def cwebp(img, *opts):
    out = os.path.join(TMP, "out.webp")
    run(["cwebp", "-quiet", *map(str, opts), plain_png(img), "-o", out])
    with open(out, "rb") as f:
        return f.read()


class Config(ctypes.Structure):
    _fields_ = [(n, ctypes.c_float if n in ("quality", "target_PSNR") else ctypes.c_int) for n in (
        "lossless quality method image_hint target_size target_PSNR segments sns_strength filter_strength filter_sharpness "
        "filter_type autofilter alpha_compression alpha_filtering alpha_quality passes show_compressed preprocessing partitions "
        "partition_limit emulate_jpeg_size thread_level low_memory near_lossless exact use_delta_palette use_sharp_yuv qmin qmax").split()]


class Picture(ctypes.Structure):
    _fields_ = [
        ("use_argb", ctypes.c_int), ("colorspace", ctypes.c_int), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("y", ctypes.c_void_p), ("u", ctypes.c_void_p), ("v", ctypes.c_void_p), ("y_stride", ctypes.c_int), ("uv_stride", ctypes.c_int),
        ("a", ctypes.c_void_p), ("a_stride", ctypes.c_int), ("pad1", ctypes.c_uint32 * 2),
        ("argb", ctypes.c_void_p), ("argb_stride", ctypes.c_int), ("pad2", ctypes.c_uint32 * 3),
        ("writer", ctypes.c_void_p), ("custom_ptr", ctypes.c_void_p), ("extra_info_type", ctypes.c_int), ("extra_info", ctypes.c_void_p),
        ("stats", ctypes.c_void_p), ("error_code", ctypes.c_int), ("progress_hook", ctypes.c_void_p), ("user_data", ctypes.c_void_p),
        ("pad3", ctypes.c_uint32 * 3), ("pad4", ctypes.c_void_p), ("pad5", ctypes.c_void_p), ("pad6", ctypes.c_uint32 * 8),
        ("memory_", ctypes.c_void_p), ("memory_argb_", ctypes.c_void_p), ("pad7", ctypes.c_void_p * 2),
    ]


def libwebp_encode(img, quality, **options):
    """The encoder itself, for the options cwebp does not have."""
    lib = ctypes.CDLL(ctypes.util.find_library("webp"))
    abi = 0x020F
    cfg, pic = Config(), Picture()
    assert lib.WebPConfigInitInternal(ctypes.byref(cfg), 0, ctypes.c_float(quality), abi)
    for k, v in options.items():
        assert hasattr(cfg, k)
        setattr(cfg, k, v)
    assert lib.WebPValidateConfig(ctypes.byref(cfg))
    assert lib.WebPPictureInitInternal(ctypes.byref(pic), abi)
    img = px(img)
    pic.height, pic.width = img.shape[:2]
    got = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_uint8), ctypes.c_size_t, ctypes.c_void_p)
    def writer(data, size, _):
        got.append(ctypes.string_at(data, size))
        return 1

    pic.writer = ctypes.cast(writer, ctypes.c_void_p)
    buf = img.tobytes()
    assert lib.WebPPictureImportRGB(ctypes.byref(pic), buf, img.shape[1] * 3)
    assert lib.WebPEncode(ctypes.byref(cfg), ctypes.byref(pic)), pic.error_code
    lib.WebPPictureFree(ctypes.byref(pic))
    return b"".join(got)


def webp_decode_one(data, path, ch):
    """One still picture, with rgb or rgba as asked."""
    with Image.open(io.BytesIO(data)) as im:
        pix = px(im.convert("RGBA" if ch == 4 else "RGB"))
        assert im.mode == ("RGBA" if ch == 4 else "RGB"), (path, im.mode)

    def dwebp():
        f = os.path.join(TMP, "check.webp")
        with open(f, "wb") as o:
            o.write(data)
        pam = run(["dwebp", "-quiet", "-pam", f, "-o", "-"])
        head, raw = pam.split(b"ENDHDR\n", 1)
        w, h, d = (int(re.search(k + rb" (\d+)", head)[1]) for k in (b"WIDTH", b"HEIGHT", b"DEPTH"))
        a = np.frombuffer(raw, np.uint8).reshape(h, w, d)
        return a if ch == 4 or d == 3 else a[..., :3]

    compare(path, pix, {
        "dwebp": dwebp,
        "imagecodecs": lambda: px(imagecodecs.webp_decode(data, hasalpha=ch == 4)),
        "OpenCV": lambda: px(cv_rgb(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED))),
        "pyvips": lambda: px(vips(data)),
    })
    return pix


def webp(name, data, what, ch=3, source=None, **kw):
    pix = webp_decode_one(data, name, ch)
    if source is not None:
        assert np.array_equal(pix, px(source)), name
    record("webp", name, data, pix, what, WEBP, **kw)
    return pix


def kinds(data):
    return [k for k, _ in webp_chunks(data)]


def make_webp():
    P = photo(97, 61)
    S = photo(33, 27, 12)
    for m in range(7):
        webp(f"lossy_m{m}_33x27.webp", cwebp(S, "-q", 75, "-m", m), f"lossy, method {m}")
    for q in (0, 20, 75, 100):
        webp(f"lossy_q{q}_97x61.webp", cwebp(P, "-q", q), f"lossy, quality {q}")
    for w, h in ((1, 1), (2, 2), (3, 3), (15, 17), (16, 16), (17, 16), (1, 40), (40, 1)):
        webp(f"lossy_{w}x{h}.webp", cwebp(photo(w, h, 41 + w), "-q", 80), f"lossy, {w}x{h}")
    for name, opts, what in [
        ("segments1", ("-segments", 1), "one segment"),
        ("segments4_sns100", ("-segments", 4, "-sns", 100, "-q", 40), "four segments, strong spatial noise shaping"),
        ("segments2_sns80", ("-segments", 2, "-sns", 80, "-q", 30), "two segments"),
        ("filter0", ("-f", 0, "-q", 40), "no loop filter"),
        ("filter100_strong", ("-f", 100, "-strong", "-q", 30), "normal loop filter at full strength"),
        ("filter100_sharp7", ("-f", 100, "-sharpness", 7, "-strong", "-q", 30), "loop filter with sharpness 7"),
        ("filter60_sharp3", ("-f", 60, "-sharpness", 3, "-q", 50), "loop filter with sharpness 3"),
        ("filter_simple", ("-f", 80, "-nostrong", "-q", 40), "simple loop filter"),
        ("filter_simple_sharp5", ("-f", 100, "-nostrong", "-sharpness", 5, "-q", 20), "simple loop filter with sharpness 5"),
        ("autofilter", ("-af", "-q", 50, "-m", 6), "loop filter chosen by the encoder"),
        ("sharp_yuv", ("-sharp_yuv", "-q", 80), "sharp RGB to YUV conversion"),
        ("pass6_size", ("-size", 1500, "-pass", 6), "several passes towards a size"),
        ("preset_text", ("-preset", "text", "-q", 60), "text preset"),
        ("jpeg_like", ("-jpeg_like", "-q", 60), "JPEG-like size"),
    ]:
        webp(f"lossy_{name}_64x48.webp", cwebp(photo(64, 48, 71), *opts), f"lossy, {what}")
    for n in (1, 2, 3):
        data = libwebp_encode(photo(64, 120, 72, noise=3), 50.0, partitions=n, method=2)
        webp(f"lossy_partitions{1 << n}_64x120.webp", data, f"lossy, {1 << n} token partitions")
    data = libwebp_encode(photo(33, 27, 73), 60.0, partitions=3, method=2)
    webp("lossy_partitions8_2_rows_33x27.webp", data, "lossy, 8 token partitions of which 6 are empty")

    # lossless
    for n in (2, 3, 4, 14, 16, 17, 200, 256):
        idx = flat(45, 31, n)
        src = palette(n, 100 + n)[idx]
        webp(f"lossless_palette{n}_45x31.webp", cwebp(src, "-lossless", "-z", 6), f"lossless, {n} colours", source=src)
    for z in (0, 3, 6, 9):
        webp(f"lossless_z{z}_33x27.webp", cwebp(S, "-lossless", "-z", z), f"lossless, level {z}", source=S)
    webp("lossless_photo_97x61.webp", cwebp(photo(97, 61, 5, noise=1), "-lossless", "-m", 6, "-q", 100), "lossless, predictors and colour transform", source=photo(97, 61, 5, noise=1))
    webp("lossless_smooth_64x48.webp", cwebp(smooth(64, 48), "-lossless", "-m", 4), "lossless, gradients", source=smooth(64, 48))
    webp("lossless_noise_24x24.webp", cwebp(noise(24, 24, 3, 22), "-lossless"), "lossless, noise", source=noise(24, 24, 3, 22))
    many = palette(900, 120)[rng(121).integers(0, 900, (48, 64)) * (np.indices((48, 64)).sum(0) % 5 > 0)]
    webp("lossless_cache_64x48.webp", cwebp(many, "-lossless", "-m", 6, "-q", 100), "lossless, 900 scattered colours (colour cache)", source=many)
    rep = np.tile(noise(11, 7, 3, 23), (8, 8, 1))[:48, :80]
    webp("lossless_repeat_80x48.webp", cwebp(rep, "-lossless", "-q", 100, "-m", 6), "lossless, long backward references", source=rep)
    near = cwebp(S, "-near_lossless", 40)
    webp("lossless_near40_33x27.webp", near, "near-lossless 40")
    for w, h in ((1, 1), (1, 40), (40, 1), (5, 3), (16, 16), (160, 2)):
        p = photo(w, h, 44 + w)
        webp(f"lossless_{w}x{h}.webp", cwebp(p, "-lossless"), f"lossless, {w}x{h}", source=p)
    one = np.full((40, 40, 3), (200, 10, 60), np.uint8)
    webp("lossless_one_colour_40x40.webp", cwebp(one, "-lossless"), "lossless, one colour", source=one)
    photo_a = np.dstack([photo(45, 31, 74), alpha_plane(45, 31, "mask")])
    webp("lossless_alpha_exact_45x31.webp", cwebp(photo_a, "-lossless", "-exact"), "lossless with alpha, colours under alpha 0 kept", 4, source=photo_a)
    webp("lossless_alpha_45x31.webp", cwebp(photo_a, "-lossless"), "lossless with alpha", 4)
    ramp = np.dstack([photo(45, 31, 75), alpha_plane(45, 31, "ramp")])
    webp("lossless_alpha_ramp_45x31.webp", cwebp(ramp, "-lossless", "-exact"), "lossless with a ramp of alpha", 4, source=ramp)
    pa = np.column_stack([palette(5, 130), [0, 255, 128, 255, 60]]).astype(np.uint8)
    src = pa[flat(45, 31, 5)]
    webp("lossless_alpha_palette_45x31.webp", cwebp(src, "-lossless", "-exact"), "lossless, palette with alpha", 4, source=src)

    # lossy with alpha
    for kind, opts, label, what in [
        ("ramp", ("-alpha_method", 0), "raw", "alpha stored raw"),
        ("noise", ("-alpha_method", 0, "-alpha_filter", "none"), "raw_noise", "noisy alpha stored raw"),
        ("ramp", ("-alpha_method", 1, "-alpha_filter", "none"), "filter_none", "alpha compressed, not filtered"),
        ("ramp", ("-alpha_method", 1, "-alpha_filter", "fast"), "filter_fast", "alpha compressed, filter chosen quickly"),
        ("disc", ("-alpha_method", 1, "-alpha_filter", "best"), "filter_best", "alpha compressed, best filter"),
        ("mask", ("-alpha_method", 1), "mask", "alpha of two levels"),
        ("disc", ("-alpha_q", 20), "alpha_q20", "alpha with reduced levels"),
        ("disc", ("-alpha_method", 0, "-alpha_filter", "best"), "raw_filtered", "alpha not compressed, filter wanted"),
    ]:
        img = np.dstack([photo(45, 31, 76), alpha_plane(45, 31, kind)])
        data = cwebp(img, "-q", 70, *opts)
        assert b"ALPH" in kinds(data), kinds(data)
        webp(f"lossy_alpha_{label}_45x31.webp", data, f"lossy, {what}", 4)
    # every filter of a raw alpha plane, made by hand
    base = cwebp(photo(45, 31, 76), "-q", 70)
    for f, label in enumerate(("none", "horizontal", "vertical", "gradient")):
        a = alpha_plane(45, 31, "disc")
        coded = alpha_filter(a, f)
        body = vp8x(45, 31, alpha=True) + webp_chunk(b"ALPH", bytes([f << 2]) + coded.tobytes()) + b"".join(webp_chunk(k, d) for k, d in picture_chunks(base))
        pix = webp(f"lossy_alpha_raw_{label}_45x31.webp", riff(body), f"lossy, raw alpha with the {label} filter", 4)
        assert np.array_equal(pix[..., 3], a), label
    img = np.dstack([photo(1, 1), np.array([[77]], np.uint8)])
    webp("lossy_alpha_1x1.webp", cwebp(img, "-q", 70), "lossy with alpha, 1x1", 4)

    # extended files
    U = photo(40, 24, 61)
    lossy, lossless = cwebp(U, "-q", 80), cwebp(U, "-lossless")
    for o in range(1, 9):
        use = lossless if o % 3 == 0 else lossy
        webp(f"orient_{o}_40x24.webp", extended(use, 40, 24, exif_=exif(o, big=o % 2 == 0)), f"EXIF orientation {o}, {'lossless' if o % 3 == 0 else 'lossy'}", orientation=o)
    webp("orient_6_exif_prefix_40x24.webp", extended(lossy, 40, 24, exif_=b"Exif\0\0" + exif(6)), "EXIF chunk that starts with the JPEG prefix, orientation 6", orientation=6, findings=())
    V = photo(40, 32, 62)
    vlossy, vlossless = cwebp(V, "-q", 90), cwebp(V, "-lossless")
    for space, version in (("srgb", 4), ("p3", 4), ("adobergb", 2)):
        prof = icc_profile(space, version)
        webp(f"icc_{space}_v{version}_40x32.webp", extended(vlossy if space != "p3" else vlossless, 40, 32, icc=prof), f"{space} ICC profile, version {version}", icc=space, icc_bytes=prof)
    webp("icc_p3_lossy_alpha_45x31.webp", extended(cwebp(np.dstack([photo(45, 31, 76), alpha_plane(45, 31)]), "-q", 80), 45, 31, icc=icc_profile("p3", 4), alpha=True),
         "Display P3 ICC profile, lossy with alpha", 4, icc="p3", icc_bytes=icc_profile("p3", 4))
    webp("vp8x_xmp_40x24.webp", extended(lossy, 40, 24, xmp=XMP), "extended file with XMP")
    webp("vp8x_only_40x24.webp", extended(lossy, 40, 24), "extended file with nothing more in it")
    webp("vp8x_all_40x24.webp", extended(lossy, 40, 24, icc=icc_profile("srgb", 4), exif_=exif(1), xmp=XMP), "extended file with ICC, EXIF and XMP", icc="srgb", icc_bytes=icc_profile("srgb", 4))
    webp("vp8x_unknown_chunk_40x24.webp", extended(lossless, 40, 24, extra_after=webp_chunk(b"fiCx", b"odd"), unknown_end=webp_chunk(b"ZZZZ", b"")), "unknown chunks after the picture", findings=("unknown_chunk",))
    webp("vp8x_unknown_chunk_before_40x24.webp", extended(lossy, 40, 24, extra_before=webp_chunk(b"fiCx", b"before")), "an unknown chunk before the picture", findings=("unknown_chunk",))
    webp("trailing_lossy_40x24.webp", lossy + b"after the RIFF", "bytes after the RIFF", findings=("trailing_bytes",))
    webp("trailing_lossless_40x24.webp", lossless + b"\0" * 9, "bytes after the RIFF", findings=("trailing_bytes",))

    make_webp_animations()


def alpha_filter(a, f):
    if f == 0:
        return a
    h, w = a.shape
    out = np.zeros_like(a)
    i = a.astype(int)
    for y in range(h):
        for x in range(w):
            if x == 0 and y == 0:
                p = 0
            elif y == 0:
                p = i[0, x - 1]
            elif x == 0:
                p = i[y - 1, 0]
            elif f == 1:
                p = i[y, x - 1]
            elif f == 2:
                p = i[y - 1, x]
            else:
                p = min(255, max(0, i[y, x - 1] + i[y - 1, x] - i[y - 1, x - 1]))
            out[y, x] = (i[y, x] - p) & 255
    return out


def make_webp_animations():
    def anmf(data, x, y, w, h, ms=80, dispose=0, no_blend=0):
        body = u24(x // 2) + u24(y // 2) + u24(w - 1) + u24(h - 1) + u24(ms) + bytes([no_blend << 1 | dispose])
        return webp_chunk(b"ANMF", body + b"".join(webp_chunk(k, d) for k, d in picture_chunks(data)))

    def animation(name, W, H, frames, what, alpha, bg=b"\xff\xff\xff\xff", extra=b"", exif_=None, source=None, **kw):
        body = vp8x(W, H, alpha=alpha, anim=True, exif_=bool(exif_)) + webp_chunk(b"ANIM", bg + struct.pack("<H", 0))
        for i, (data, x, y, w, h, opts) in enumerate(frames):
            body += anmf(data, x, y, w, h, **opts)
            if i == 0:
                body += extra
        if exif_:
            body += webp_chunk(b"EXIF", exif_)
        animated(name, riff(body), W, H, frames[0], what, len(frames), **kw)

    def animated(name, data, W, H, first, what, n, **kw):
        still, x, y, w, h, _ = first
        has_alpha = b"ALPH" in kinds(still) or (dict(webp_chunks(still)).get(b"VP8L", bytes(5))[4] & 0x10) != 0
        one = webp_decode_one(still if b"ALPH" not in kinds(still) else still, name + " (frame)", 4 if has_alpha else 3)
        canvas = np.zeros((H, W, 4), np.uint8)
        canvas[y : y + h, x : x + w, :3] = one[..., :3]
        canvas[y : y + h, x : x + w, 3] = one[..., 3] if has_alpha else 255

        def by_pillow():
            with Image.open(io.BytesIO(data)) as im:
                assert im.n_frames == n
                rgba = px(im.convert("RGBA"))
                # without the alpha flag Pillow drops the alpha of the canvas
                return rgba if im.mode == "RGBA" else np.dstack([rgba[..., :3], canvas[..., 3]])

        same = compare(name, canvas, {
            "Pillow": by_pillow,
            "imagecodecs": lambda: px(imagecodecs.webp_decode(data, index=0, hasalpha=True)),
        })
        assert same, name
        record("webp", name, data, canvas, what, WEBP, frames=n, **kw)

    F = [photo(40, 32, 140 + i) for i in range(3)]
    small = photo(21, 17, 150)
    lossless = [cwebp(f, "-lossless") for f in F]
    lossy = [cwebp(f, "-q", 75) for f in F]
    full = lambda d, **o: (d, 0, 0, 40, 32, o)
    animation("anim_lossless_40x32.webp", 40, 32, [full(d) for d in lossless], "animation of 3 lossless frames", False)
    animation("anim_lossy_40x32.webp", 40, 32, [full(d) for d in lossy], "animation of 3 lossy frames", False)
    animation("anim_mixed_40x32.webp", 40, 32, [full(lossy[0]), full(lossless[1])], "animation of a lossy and a lossless frame", False)
    animation("anim_first_small_lossless_40x32.webp", 40, 32, [(cwebp(small, "-lossless"), 6, 8, 21, 17, {}), full(lossless[1])],
              "animation whose first frame is 21x17 at 6,8", True, bg=b"\x10\x20\x30\xff")
    animation("anim_first_small_lossy_40x32.webp", 40, 32, [(cwebp(small, "-q", 75), 18, 14, 21, 17, {}), full(lossy[1])],
              "animation whose first frame is 21x17 at 18,14, lossy", True)
    animation("anim_first_small_no_alpha_flag_40x32.webp", 40, 32, [(cwebp(small, "-q", 75), 2, 4, 21, 17, {}), full(lossy[1])],
              "animation whose first frame does not cover the canvas, alpha flag not set", False)
    ad = np.dstack([photo(21, 17, 151), alpha_plane(21, 17, "disc")])
    animation("anim_first_small_alpha_40x32.webp", 40, 32, [(cwebp(ad, "-q", 75), 10, 6, 21, 17, dict(dispose=1)), full(lossy[1], no_blend=1)],
              "animation whose first frame is small, lossy, with alpha, disposed to the background", True)
    animation("anim_first_small_alpha_exact_40x32.webp", 40, 32, [(cwebp(ad, "-lossless", "-exact"), 10, 6, 21, 17, dict(no_blend=1)), full(lossless[1])],
              "animation whose first frame is small, lossless, with alpha, not blended", True)
    animation("anim_one_frame_40x32.webp", 40, 32, [full(lossy[2])], "animation of one frame", False)
    animation("anim_unknown_chunk_40x32.webp", 40, 32, [full(lossy[0]), full(lossy[1])], "animation with an unknown chunk between the frames", False,
              extra=webp_chunk(b"fiCx", b"between"), findings=("unknown_chunk",))

    files = []
    for i, f in enumerate(F):
        src = plain_png(f)
        dst = os.path.join(TMP, f"frame{i}.png")
        shutil.copy(src, dst)
        files.append(dst)
    out = os.path.join(TMP, "anim.webp")
    for name, opts, what in [
        ("anim_img2webp_lossless_40x32.webp", ["-lossless"], "animation made by img2webp, lossless"),
        ("anim_img2webp_lossy_40x32.webp", ["-lossy", "-q", "70"], "animation made by img2webp, lossy"),
    ]:
        args = ["img2webp", "-loop", "2", *opts]
        for f in files:
            args += ["-d", "50", f]
        run(args + ["-o", out])
        with open(out, "rb") as f:
            data = f.read()
        first = next(d for k, d in webp_chunks(data) if k == b"ANMF")
        x, y, w, h = (int.from_bytes(first[i : i + 3], "little") for i in (0, 3, 6, 9))
        inner = first[16:]
        still = riff(inner)
        if inner[:4] == b"ALPH":
            still = riff(vp8x(w + 1, h + 1, alpha=True) + inner)
        n = sum(k == b"ANMF" for k in kinds(data))
        animated(name, data, 40, 32, (still, 2 * x, 2 * y, w + 1, h + 1, {}), what, n)


# ---------------------------------------------------------------------- GIF


def lzw(indices, bits, clear_every=None, deferred=False):
    """LZW as in GIF; `deferred` never clears, even when the table is full."""
    clear, end = 1 << bits, (1 << bits) + 1
    acc = nacc = 0
    out = bytearray()

    def emit(code, width):
        nonlocal acc, nacc
        acc |= code << nacc
        nacc += width
        while nacc >= 8:
            out.append(acc & 255)
            acc >>= 8
            nacc -= 8

    table, width, nxt = {}, bits + 1, end + 1
    emit(clear, width)
    cur = ()
    count = 0
    for v in indices:
        word = cur + (v,)
        if len(word) == 1 or word in table:
            cur = word
            continue
        emit(table[cur] if len(cur) > 1 else cur[0], width)
        count += 1
        if clear_every and count % clear_every == 0 or (nxt == 4096 and not deferred):
            emit(clear, width)
            table, width, nxt = {}, bits + 1, end + 1
        elif nxt < 4096:
            table[word] = nxt
            nxt += 1
            if nxt > (1 << width) and width < 12:
                width += 1
        cur = (v,)
    emit(table[cur] if len(cur) > 1 else cur[0], width)
    # the decoder has added an entry for that code too
    if nxt < 4096 and nxt + 1 > (1 << width) and width < 12:
        width += 1
    emit(end, width)
    if nacc:
        out.append(acc & 255)
    return bytes(out)


def blocks(data, size=255):
    out = b""
    for i in range(0, len(data), size):
        part = data[i : i + size]
        out += bytes([len(part)]) + part
    return out + b"\0"


def table_bits(pal):
    n = 1
    while (1 << n) < len(pal):
        n += 1
    return n


def table_bytes(pal):
    return pal.tobytes() + bytes(3 * ((1 << table_bits(pal)) - len(pal)))


def gif_frame(idx, pal=None, x=0, y=0, interlaced=False, bits=None, gce=None, size=255, **kw):
    h, w = idx.shape
    out = b""
    if gce is not None:
        disposal, delay, transparent = gce
        out += b"\x21\xf9\x04" + struct.pack("<BHBB", disposal << 2 | (transparent is not None), delay, transparent or 0, 0)
    flags = (0x80 | (table_bits(pal) - 1) if pal is not None else 0) | (0x40 if interlaced else 0)
    out += b"\x2c" + struct.pack("<HHHHB", x, y, w, h, flags)
    if pal is not None:
        out += table_bytes(pal)
    if interlaced:
        order = [*range(0, h, 8), *range(4, h, 8), *range(2, h, 4), *range(1, h, 2)]
        idx = idx[order]
    bits = bits or max(2, int(idx.max()).bit_length())
    return out + bytes([bits]) + blocks(lzw(idx.reshape(-1).tolist(), bits, **kw), size)


def gif_file(w, h, parts, pal=None, version=b"89a", background=0, aspect=0, trailer=b"\x3b"):
    flags = 0x70 | (0x80 | (table_bits(pal) - 1) if pal is not None else 0)
    out = b"GIF" + version + struct.pack("<HHBBB", w, h, flags, background, aspect)
    if pal is not None:
        out += table_bytes(pal)
    return out + b"".join(parts) + trailer


GIF_NAMES = {
    "imagecodecs": f"giflib {lib_version('giflib')} via imagecodecs",
    "pyvips": f"libnsgif in libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)} via pyvips",
    "Pillow": f"Pillow {PIL.__version__}",
}


def gif(name, data, w, h, idx, pal, what, at=(0, 0), transparent=None, **kw):
    canvas = np.zeros((h, w, 4), np.uint8)
    fh, fw = idx.shape
    part = np.dstack([pal[idx], np.full((fh, fw), 255, np.uint8)])
    if transparent is not None:
        part[idx == transparent] = 0
    canvas[at[1] : at[1] + fh, at[0] : at[0] + fw] = part
    alpha = transparent is not None or (fw, fh) != (w, h)
    pix = px(canvas if alpha else canvas[..., :3])

    def clear(a):  # colours under alpha 0 do not matter to these decoders
        a = np.array(a)
        if a.ndim == 3 and a.shape[2] == 4:
            a[a[..., 3] == 0] = 0
        return a

    def by_pillow():
        with Image.open(io.BytesIO(data)) as im:
            a = clear(im.convert("RGBA"))
        if alpha and (fw, fh) != (w, h):
            # Pillow fills the canvas with the background colour
            box = np.zeros_like(a)
            box[at[1] : at[1] + fh, at[0] : at[0] + fw] = a[at[1] : at[1] + fh, at[0] : at[0] + fw]
            a = box
        return a if alpha else a[..., :3]

    def by_giflib():
        a = np.asarray(imagecodecs.gif_decode(data, index=0))
        if a.shape[2] == 3 and alpha and transparent is None:
            a = np.dstack([a, np.full(a.shape[:2], 255, np.uint8)])
        if alpha and (fw, fh) != (w, h):
            box = np.zeros_like(a)
            box[at[1] : at[1] + fh, at[0] : at[0] + fw] = a[at[1] : at[1] + fh, at[0] : at[0] + fw]
            a = box
        return clear(a) if alpha else a[..., :3]

    def by_vips():
        a = np.asarray(vips(data))
        if a.ndim == 2:
            a = a[..., None]
        if a.shape[2] <= 2:
            a = np.dstack([a[..., :1]] * 3 + ([a[..., 1:]] if a.shape[2] == 2 else []))
        if alpha and a.shape[2] == 3:
            a = np.dstack([a, np.full(a.shape[:2], 255, np.uint8)])
        return clear(a) if alpha else a[..., :3]

    same = compare(name, pix, {"imagecodecs": by_giflib, "pyvips": by_vips, "Pillow": by_pillow})
    best = next((k for k in GIF_NAMES if k in same), None)
    assert best, (name, NOTES[-3:])
    record("gif", name, data, pix, what, GIF_NAMES[best], **kw)


def make_gif():
    for n in (2, 4, 8, 16, 32, 64, 128, 256):
        idx, pal = flat(45, 31, n), palette(n, 200 + n)
        gif(f"global_{n}_45x31.gif", gif_file(45, 31, [gif_frame(idx)], pal), 45, 31, idx, pal, f"global table of {n} colours")
    idx, pal = flat(45, 31, 16), palette(16, 210)
    gif("v87a_16_45x31.gif", gif_file(45, 31, [gif_frame(idx)], pal, b"87a"), 45, 31, idx, pal, "version 87a")
    gif("v87a_interlaced_45x31.gif", gif_file(45, 31, [gif_frame(idx, interlaced=True)], pal, b"87a"), 45, 31, idx, pal, "version 87a, interlaced")
    other = palette(16, 211)
    gif("local_only_16_45x31.gif", gif_file(45, 31, [gif_frame(idx, other)]), 45, 31, idx, other, "local table, no global table")
    gif("local_over_global_45x31.gif", gif_file(45, 31, [gif_frame(idx, other)], pal), 45, 31, idx, other, "local table used instead of the global one")
    p11 = palette(11, 212)
    i11 = flat(45, 31, 11)
    gif("global_11_of_16_45x31.gif", gif_file(45, 31, [gif_frame(i11)], p11), 45, 31, i11, p11, "11 colours in a table of 16")
    i2 = flat(45, 31, 2)
    p2 = palette(2, 213)
    gif("code_size_8_for_2_colours_45x31.gif", gif_file(45, 31, [gif_frame(i2, bits=8)], p2), 45, 31, i2, p2, "LZW code size 8 for 2 colours")
    for w, h in ((1, 1), (7, 7), (1, 9), (9, 1), (3, 160), (8, 8), (33, 27), (5, 4)):
        for inter in (False, True):
            if inter and (w, h) in ((1, 1), (9, 1)):
                continue
            i = flat(w, h, 6, w)
            p = palette(8, 220)
            gif(f"{'interlaced' if inter else 'plain'}_{w}x{h}.gif", gif_file(w, h, [gif_frame(i, interlaced=inter)], p), w, h, i, p,
                f"{'interlaced' if inter else 'not interlaced'}, {w}x{h}")
    r = rng(230).integers(0, 256, (61, 97)).astype(np.uint8)
    p256 = palette(256, 231)
    gif("noise_clear_97x61.gif", gif_file(97, 61, [gif_frame(r)], p256), 97, 61, r, p256, "noise: the code table fills and is cleared")
    gif("noise_deferred_97x61.gif", gif_file(97, 61, [gif_frame(r, deferred=True)], p256), 97, 61, r, p256, "noise: the code table fills and is never cleared")
    gif("clear_often_45x31.gif", gif_file(45, 31, [gif_frame(idx, clear_every=7)], pal), 45, 31, idx, pal, "a clear code after every 7 codes")
    one = np.zeros((120, 160), np.uint8)
    gif("one_colour_160x120.gif", gif_file(160, 120, [gif_frame(one)], p2), 160, 120, one, p2, "one colour: long strings, each code used as soon as it is defined")
    gif("blocks_of_1_45x31.gif", gif_file(45, 31, [gif_frame(i2, size=1)], p2), 45, 31, i2, p2, "data blocks of one byte")
    gif("blocks_of_100_45x31.gif", gif_file(45, 31, [gif_frame(idx, size=100)], pal), 45, 31, idx, pal, "data blocks of 100 bytes")

    for t in (0, 3, 15):
        gif(f"transparent_{t}_45x31.gif", gif_file(45, 31, [gif_frame(idx, gce=(0, 0, t))], pal), 45, 31, idx, pal, f"transparent index {t}", transparent=t)
    gif("transparent_interlaced_45x31.gif", gif_file(45, 31, [gif_frame(idx, other, interlaced=True, gce=(1, 5, 7))], pal), 45, 31, idx, other, "transparent index 7 of a local table, interlaced", transparent=7)
    tall = np.zeros((31, 45), np.uint8) + 4
    gif("transparent_all_45x31.gif", gif_file(45, 31, [gif_frame(tall, gce=(0, 0, 4))], pal), 45, 31, tall, pal, "every pixel transparent", transparent=4)
    gif("gce_no_transparency_45x31.gif", gif_file(45, 31, [gif_frame(idx, gce=(1, 10, None))], pal), 45, 31, idx, pal, "graphic control block without transparency")

    part = flat(20, 15, 16, 9)
    gif("small_frame_45x31.gif", gif_file(45, 31, [gif_frame(part, x=11, y=7)], pal, background=3), 45, 31, part, pal, "frame of 20x15 at 11,7; background colour 3 is not painted", at=(11, 7))
    gif("small_frame_corner_45x31.gif", gif_file(45, 31, [gif_frame(part, x=25, y=16, gce=(0, 0, 2))], pal), 45, 31, part, pal, "frame in the bottom right corner with a transparent index", at=(25, 16), transparent=2)
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    for d in range(4):
        frames = [gif_frame(idx, gce=(d, 10, None)), gif_frame(part, other, x=3, y=4, gce=(d, 10, 1)), gif_frame(part, x=20, y=14, gce=(d, 10, None))]
        gif(f"anim_disposal_{d}_45x31.gif", gif_file(45, 31, [loop, *frames], pal), 45, 31, idx, pal, f"animation of 3 frames, disposal {d}", frames=3)
    gif("anim_first_small_45x31.gif", gif_file(45, 31, [loop, gif_frame(part, x=4, y=9, gce=(2, 10, None)), gif_frame(idx, gce=(2, 10, None))], pal, background=5),
        45, 31, part, pal, "animation whose first frame is 20x15 at 4,9, disposed to the background", at=(4, 9), frames=2)
    gif("anim_first_small_transparent_45x31.gif", gif_file(45, 31, [gif_frame(part, other, x=0, y=16, gce=(3, 10, 6)), gif_frame(idx)], pal),
        45, 31, part, other, "animation whose first frame is small with a transparent index, disposal 3", at=(0, 16), transparent=6, frames=2)
    gif("anim_no_gce_45x31.gif", gif_file(45, 31, [gif_frame(idx), gif_frame(part, x=2, y=2)], pal), 45, 31, idx, pal, "two frames without graphic control", frames=2)

    exts = [
        ("comment", [b"\x21\xfe" + blocks(b"a comment in a GIF")], "comment", ()),
        ("comment_long", [b"\x21\xfe" + blocks(b"long comment " * 40), b"\x21\xfe\0"], "a comment of several blocks and an empty one", ()),
        ("application", [b"\x21\xff\x0bXMP DataXMP" + blocks(b"not really XMP"), loop], "application extensions", ()),
        ("unknown_ext", [b"\x21\x42" + blocks(b"unknown" * 50)], "unknown extension", ("unknown_chunk",)),
    ]
    for name, parts, what, found in exts:
        gif(f"ext_{name}_45x31.gif", gif_file(45, 31, [*parts, gif_frame(idx)], pal), 45, 31, idx, pal, what, findings=found)
    gif("ext_after_frame_45x31.gif", gif_file(45, 31, [gif_frame(idx), b"\x21\xfe" + blocks(b"last word")], pal), 45, 31, idx, pal, "comment after the frame")
    gif("aspect_45x31.gif", gif_file(45, 31, [gif_frame(idx)], pal, aspect=49, background=7), 45, 31, idx, pal, "pixel aspect ratio byte and background colour set")
    gif("trailing_45x31.gif", gif_file(45, 31, [gif_frame(idx)], pal, trailer=b"\x3bbytes after the trailer"), 45, 31, idx, pal, "bytes after the trailer", findings=("trailing_bytes",))
    gif("missing_trailer_45x31.gif", gif_file(45, 31, [gif_frame(idx)], pal, trailer=b""), 45, 31, idx, pal, "no trailer", findings=("missing_end",))


# --------------------------------------------------------------------- main


def write_manifest():
    FILES.sort(key=lambda e: e["path"])
    lines = [
        "# Written by corpus/make_valid.py; corpus/README.md says what the keys mean.",
        "",
    ]
    for e in FILES:
        lines.append("[[file]]")
        lines += [f"{k} = {toml_value(v)}" for k, v in e.items()]
        lines.append("")
    put("valid.toml", "\n".join(lines).encode())


def verify():
    """Read everything back from disk, with other libraries where there is one."""
    with open(os.path.join(HERE, "valid.toml"), "rb") as f:
        files = tomllib.load(f)["file"]
    channels = {"gray": 1, "gray-alpha": 2, "rgb": 3, "rgba": 4, "cmyk": 4}
    names, listed = set(), set()
    total = 0
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    sized = {"pillow": 0, "opencv": 0, "vips": 0}
    for e in files:
        assert e["path"] not in names
        names.add(e["path"])
        listed.add(e["path"])
        w, h, ch = e["width"], e["height"], channels[e["layout"]]
        for key, size in (("reference", (w, h)), ("srgb_reference", (w, h)), ("oriented_reference", (e.get("oriented_width"), e.get("oriented_height")))):
            if key in e:
                with open(os.path.join(HERE, e[key]), "rb") as f:
                    assert len(zlib.decompress(f.read())) == size[0] * size[1] * ch, e["path"]
                listed.add(e[key])
        with open(os.path.join(HERE, e["path"]), "rb") as f:
            data = f.read()
        with Image.open(io.BytesIO(data)) as im:
            im.load()
            assert im.size == (w, h), e["path"]
            assert (im.getexif().get(0x0112, 1)) == e["orientation"], e["path"]
            assert (im.info.get("icc_profile") is not None) == (e["icc"] != "none"), e["path"]
            n = getattr(im, "n_frames", 1)
            if getattr(im, "default_image", False):
                n -= 1  # APNG: the default image is not counted
            if "one_frame" not in e["path"]:
                assert n == e["frames"], (e["path"], n)
            sized["pillow"] += 1
        a = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED | getattr(cv2, "IMREAD_IGNORE_ORIENTATION", 128))
        if a is not None:
            assert a.shape[:2] == (h, w), e["path"]
            sized["opencv"] += 1
        try:
            im = pyvips.Image.new_from_buffer(data, "")
            assert (im.width, im.height) == (w, h), e["path"]
            sized["vips"] += 1
        except pyvips.Error:
            pass
    on_disk = set()
    for root, _, fs in os.walk(OUT):
        for f in fs:
            p = os.path.join(root, f)
            on_disk.add(os.path.relpath(p, HERE).replace(os.sep, "/"))
            total += os.path.getsize(p)
    assert on_disk == listed, on_disk ^ listed
    per = {}
    for e in files:
        k = e["path"].split("/")[1]
        per[k] = per.get(k, 0) + 1
    print("files:", sum(per.values()), per)
    print("bytes, references included:", total)
    print("sizes agree:", sized)
    assert total < 3 << 20


def main():
    for fmt in ("jpeg", "png", "webp", "gif"):
        d = os.path.join(OUT, fmt)
        shutil.rmtree(d, ignore_errors=True)
        os.makedirs(d)
    try:
        make_jpeg()
        make_png()
        make_webp()
        make_gif()
        write_manifest()
        verify()
    finally:
        shutil.rmtree(TMP, ignore_errors=True)
    if "-v" in sys.argv:
        print("\n".join(NOTES))
    print(len(NOTES), "notes about decoders that differ or refuse (shown with -v)")


if __name__ == "__main__":
    main()
