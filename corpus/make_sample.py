#!/usr/bin/env python3
"""Makes corpus/samples/garden.jpg, the picture of the README: 1600 x 1200, turned by EXIF orientation 6,
with a GPS position in its EXIF that must not survive.

    python3 -m venv env && env/bin/pip install pillow numpy
    env/bin/python corpus/make_sample.py

Everything is drawn by this script from a fixed seed; the same versions give the same bytes.
"""
import os
import numpy as np
from PIL import Image

W, H = 1200, 1600
rng = np.random.default_rng(7)


def noise(width, height, octaves, persistence=0.5):
    """Smooth noise in 0..1: resized random grids, summed."""
    total, weight, out = 0.0, 1.0, np.zeros((height, width))
    for octave in range(octaves):
        cells = 2 ** (octave + 2)
        grid = (rng.random((cells, cells)) * 255).astype(np.uint8)
        layer = np.asarray(Image.fromarray(grid).resize((width, height), Image.BICUBIC)) / 255.0
        out += layer * weight
        total += weight
        weight *= persistence
    return out / total


def mix(a, b, t):
    return a * (1 - t[..., None]) + b * t[..., None]


y, x = np.mgrid[0:H, 0:W]
t = y / H
sky = mix(np.array([70, 120, 190.0]), np.array([250, 205, 160.0]), np.clip(t * 1.9, 0, 1))
clouds = np.clip((noise(W, H, 6) - 0.5) * 4, 0, 1) * np.clip(1.2 - t * 2, 0, 1)
picture = mix(sky, np.array([255, 245, 235.0]), clouds * 0.8)
sun = np.exp(-((x - 860) ** 2 + (y - 560) ** 2) / (2 * 60.0 ** 2))
picture = mix(picture, np.array([255, 250, 220.0]), np.clip(sun * 1.6, 0, 1))
for depth, (base, height, colour) in enumerate([
    (760, 260, (120, 130, 160)), (860, 200, (84, 108, 120)), (960, 160, (52, 86, 76)),
]):
    profile = noise(W, 4, 6 + depth)[1] * height
    ridge = base - profile
    inside = np.clip(y - ridge[None, :], 0, 1)
    shade = 0.75 + 0.5 * noise(W, H, 7)
    picture = mix(picture, np.array(colour, float) * shade[..., None], inside)
meadow = np.clip((y - 980) / 6.0, 0, 1)
grass = np.array([70, 120, 48.0]) * (0.6 + 0.8 * noise(W, H, 8, 0.75))[..., None] * (0.7 + 0.4 * t[..., None])
picture = mix(picture, grass, meadow)
for _ in range(900):
    depth = rng.random() ** 0.6
    cy, cx, r = 1000 + depth * 590, rng.random() * W, 2 + depth * 11
    colour = np.array([(225, 60, 70), (245, 200, 60), (240, 240, 245), (150, 90, 200)][rng.integers(4)], float)
    y0, y1, x0, x1 = int(max(cy - r, 0)), int(min(cy + r, H)), int(max(cx - r, 0)), int(min(cx + r, W))
    yy, xx = np.mgrid[y0:y1, x0:x1]
    angle = np.arctan2(yy - cy, xx - cx)
    petals = r * (0.72 + 0.28 * np.cos(5 * angle + cx))
    distance = np.hypot(yy - cy, xx - cx)
    cover = np.clip(petals - distance, 0, 1)
    patch = picture[y0:y1, x0:x1]
    patch[:] = mix(patch, colour * (0.8 + 0.2 * (1 - distance / r))[..., None], cover)
    centre = np.clip(r * 0.28 - distance, 0, 1)
    patch[:] = mix(patch, np.array([250, 190, 40.0]), centre)
picture += rng.normal(0, 2.5, (H, W, 1))
upright = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))

exif = Image.Exif()
exif[0x0112] = 6
exif[0x010F], exif[0x0110] = "Example", "Garden camera"
gps = exif.get_ifd(0x8825)
gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 51.0, 29.6), "E", (2.0, 17.0, 40.2)
stored = upright.transpose(Image.ROTATE_90)
out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples", "garden.jpg")
stored.save(out, quality=72, subsampling="4:2:0", exif=exif, optimize=True)
print(stored.size, os.path.getsize(out))
