#!/usr/bin/env python3
"""Makes the pictures of the comparison: make_set.py FOLDER [PHOTOGRAPHS]

Nothing is fetched here and nothing of it is committed. What is there already stays; the same versions of the
packages make the same bytes. The sources:

- photographs in the packages scikit-learn (china, flower: CC BY 2.0), scikit-image (astronaut, hubble, rocket:
  public domain; chelsea, coffee: CC0) and matplotlib (grace_hopper: public domain), laid out as a mosaic that is
  enlarged as the picture grows, with new grain in every pixel, since a camera's picture is never smooth;
- PHOTOGRAPHS, where `benches/run` unpacked the Debian packages lomiri-wallpapers-16.04 (sunset: Aitzol
  Berasategi, CC BY 4.0; seeding: Clemens Engelhardt, CC0) and mate-backgrounds (Elephants: Wyng Stancikaite;
  Wood: straight from a Konica Minolta DiMAGE Z5, its author in the package; GPL 2 or later).
"""

import math
import shutil
import sys
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy
import skimage
import sklearn
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Image.MAX_IMAGE_PIXELS = None

SOURCES = [
    Path(sklearn.__file__).parent / "datasets/images/china.jpg",
    Path(sklearn.__file__).parent / "datasets/images/flower.jpg",
    Path(skimage.__file__).parent / "data/astronaut.png",
    Path(skimage.__file__).parent / "data/coffee.png",
    Path(skimage.__file__).parent / "data/chelsea.png",
    Path(skimage.__file__).parent / "data/rocket.jpg",
    Path(skimage.__file__).parent / "data/hubble_deep_field.jpg",
    Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg",
]
FONTS = Path(matplotlib.get_data_path()) / "fonts/ttf"

# Of a 100-megapixel camera, and just within what uploads from strangers may have.
SIZES = {
    1: (1152, 864),
    2: (1632, 1224),
    3: (2048, 1536),
    4: (2304, 1728),
    12: (4000, 3000),
    24: (6000, 4000),
    50: (8192, 6144),
    100: (11544, 8658),
}


def mosaic(size, grain):
    """Photographs side by side, row below row; `grain` is the deviation of the noise that is added."""
    width, height = size
    row_height = round(768 * math.sqrt(width * height / 12e6))
    photos = [Image.open(source).convert("RGB") for source in SOURCES]
    picture = Image.new("RGB", size)
    laid, top = 0, 0
    while top < height:
        left = 0
        while left < width:
            photo = photos[laid % len(photos)]
            tile = photo.resize((photo.width * row_height // photo.height, row_height), Image.Resampling.LANCZOS)
            if laid // len(photos) % 2:
                tile = tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            picture.paste(tile, (left, top))
            left, laid = left + tile.width, laid + 1
        top += row_height
    return grained(picture, grain) if grain else picture


def grained(picture, grain):
    """Luminance noise, and colour noise of two fifths of it, strip by strip: a whole picture takes gigabytes."""
    random = numpy.random.default_rng(picture.width)
    samples = numpy.array(picture)
    for strip in numpy.array_split(samples, max(1, picture.height // 256)):
        noise = random.standard_normal(strip.shape[:2] + (1,), numpy.float32) * grain
        noise = noise + random.standard_normal(strip.shape, numpy.float32) * (grain * 0.4)
        strip[:] = numpy.clip(strip + noise, 0, 255).astype(numpy.uint8)
    return Image.fromarray(samples)


@lru_cache(maxsize=1)
def photo(megapixels):
    return mosaic(SIZES[megapixels], 5.0 if megapixels >= 12 else 3.0)


def smooth():
    """Out of focus: next to nothing but the lowest frequencies."""
    return mosaic((500, 375), 0).filter(ImageFilter.GaussianBlur(3)).resize(SIZES[12], Image.Resampling.BICUBIC)


def noisy():
    """At the highest sensitivity."""
    return grained(mosaic(SIZES[12], 0), 25.0)


@lru_cache(maxsize=1)
def screenshot():
    """A program's window of 1920 x 1080: flat areas, lines of code, cards, a corner that shines through."""
    width, height = 1920, 1080
    picture = Image.new("RGBA", (width, height), (245, 246, 248, 255))
    draw = ImageDraw.Draw(picture)
    text = ImageFont.truetype(FONTS / "DejaVuSans.ttf", 14)
    title = ImageFont.truetype(FONTS / "DejaVuSans.ttf", 22)
    code = ImageFont.truetype(FONTS / "DejaVuSansMono.ttf", 13)
    draw.rectangle((0, 0, width, 48), fill=(36, 41, 47))
    draw.text((20, 11), "fastimagecache / benches / peers", font=title, fill="white")
    draw.rectangle((0, 48, 260, height), fill="white")
    for entry in range(40):
        name = f"folder_{entry:02d} / module_{entry * 37 % 91}.rs"
        draw.text((16, 60 + entry * 25), name, font=text, fill=(60, 70, 90))
    colours = [(20, 20, 20), (0, 92, 197), (34, 134, 58), (215, 58, 73)]
    for number, line in enumerate(Path(__file__).read_text().splitlines()[:58]):
        place = (290, 64 + number * 17)
        draw.text(place, f"{number + 1:4d}  {line[:110]}", font=code, fill=colours[number % 4])
    for card in range(6):
        left, top = 1400, 80 + card * 160
        draw.rounded_rectangle((left, top, left + 480, top + 140), 12, "white", (208, 215, 222))
        draw.text((left + 16, top + 12), f"Card {card}: passed in {card * 13 + 7} s", font=text, fill=(9, 105, 218))
        draw.rectangle((left + 16, top + 60, left + 56 + 60 * card, top + 80), fill=(45, 164, 78))
    alpha = numpy.full((height, width), 255, numpy.uint8)
    alpha[:20, :20] = numpy.linspace(0, 255, 400).reshape(20, 20)
    picture.putalpha(Image.fromarray(alpha))
    return picture


def tiny():
    return mosaic((400, 400), 0).resize((200, 200), Image.Resampling.LANCZOS)


def sixteen_bits(path):
    """Pillow writes no RGB of 16 bits."""
    import cv2

    random = numpy.random.default_rng(16)
    samples = numpy.asarray(photo(2)).astype(numpy.float32) * 257
    samples += random.standard_normal(samples.shape, numpy.float32) * 60
    cv2.imwrite(str(path), numpy.clip(samples, 0, 65535).astype(numpy.uint16)[:, :, ::-1])


def animation(path):
    """60 frames of a camera that moves over a photograph, 256 colours each, dithered."""
    ground = mosaic((1400, 900), 0)
    frames = [
        ground.crop((100 + step * 6, 50 + step * 3, 740 + step * 6, 410 + step * 3))
        .resize((480, 270), Image.Resampling.LANCZOS)
        .quantize(256, Image.Quantize.MEDIANCUT)
        for step in range(60)
    ]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50, loop=0)


def jpeg(picture, sampling="4:2:0", quality=85, **options):
    return lambda path: picture().save(path, quality=quality, subsampling=sampling, **options)


def phone(photographs):
    """The 18-megapixel photograph at quality 100, cut to 12 megapixels and written again as phones do."""
    elephants = Image.open(photographs / "mate/abstract/Elephants_5640x3172.jpg")
    return lambda: elephants.crop((820, 86, 4820, 3086))


def made_here():
    """Names and what writes them, in the order that makes each photograph once."""
    yield "photo12_base420.jpg", jpeg(lambda: photo(12))
    yield "photo12_prog420.jpg", jpeg(lambda: photo(12), progressive=True)
    yield "photo12_base444.jpg", jpeg(lambda: photo(12), "4:4:4")
    yield "photo24_base420.jpg", jpeg(lambda: photo(24))
    yield "photo24_prog420.jpg", jpeg(lambda: photo(24), progressive=True)
    for megapixels in (1, 3, 50, 100):
        yield f"photo{megapixels}_base420.jpg", jpeg(lambda megapixels=megapixels: photo(megapixels))
    yield "photo2_base420.jpg", jpeg(lambda: photo(2))
    yield "photo2_rgb16.png", sixteen_bits
    yield "photo2_lossless.webp", lambda path: photo(2).save(path, lossless=True, quality=75, method=4)
    yield "photo4_rgb8.png", lambda path: photo(4).save(path)
    yield "photo4_lossy.webp", lambda path: photo(4).save(path, quality=80, method=4)
    yield "smooth12_base420.jpg", jpeg(smooth)
    yield "noisy12_base420.jpg", jpeg(noisy)
    yield "screen2_base444.jpg", jpeg(lambda: screenshot().convert("RGB"), "4:4:4", 90)
    yield "screen2_rgba8.png", lambda path: screenshot().save(path)
    yield "screen2_lossless.webp", lambda path: screenshot().save(path, lossless=True, quality=75, method=4)
    yield "tiny_base420.jpg", jpeg(tiny)
    yield "tiny_rgb8.png", lambda path: tiny().save(path)
    yield "tiny_lossy.webp", lambda path: tiny().save(path, quality=80, method=4)
    yield "anim60.gif", animation


def from_cameras(photographs):
    as_it_is = {
        "camera5_straight.jpg": "mate/nature/Wood.jpg",
        "camera12_sunset.jpg": "sunset_by_Aitzol_Berasategi.jpg",
        "camera16_seeding.jpg": "seeding_by_Clements_Engelhardt.jpg",
        "camera18_elephants.jpg": "mate/abstract/Elephants_5640x3172.jpg",
    }
    for name, source in as_it_is.items():
        yield name, lambda path, source=source: shutil.copyfile(photographs / source, path)
    yield "camera12_phone.jpg", jpeg(phone(photographs), quality=92)


def main(folder, photographs=None):
    folder.mkdir(parents=True, exist_ok=True)
    pictures = list(made_here())
    if photographs:
        pictures += from_cameras(photographs)
    for name, write in pictures:
        path = folder / name
        if path.exists():
            continue
        # Written beside and renamed: what a broken run leaves is not taken for a picture.
        unfinished = folder / f"unfinished-{name}"
        write(unfinished)
        unfinished.rename(path)
        with Image.open(path) as picture:
            print(f"{name}: {picture.width} x {picture.height}, {path.stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
