"""What the pictures show: integer arithmetic and fixed seeds, so that the same files come out each time."""

import numpy

LETTERS = {
    "E": "11111100001000011110100001000011111",
    "J": "00111000100001000010000101001001100",
    "P": "11110100011000111110100001000010000",
    "G": "01110100011000010111100011000101110",
}


def smooth(width, height, channels, random):
    """Slopes, each channel in a direction of its own."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.int64)
    slopes = random.integers(-300, 301, (channels, 2))
    start = random.integers(60, 196, channels)
    longest = max(width, height)
    planes = [start[c] + (slopes[c, 0] * x + slopes[c, 1] * y) // longest for c in range(channels)]
    return bytes_of(numpy.stack(planes, -1))


def noise(width, height, channels, random):
    """Every sample by chance: the largest coefficients and the longest codes."""
    return random.integers(0, 256, (height, width, channels)).astype(numpy.uint8)


def text(width, height, channels, random):
    """Letters in full contrast: samples clip at both ends."""
    picture = numpy.empty((height, width, channels), numpy.uint8)
    picture[:] = random.integers(200, 256, channels)
    for top in range(1, height, 9):
        for column, left in enumerate(range(int(random.integers(0, 5)), width, 6)):
            bits = LETTERS["JPEG"[(column + top) % 4]]
            for place, bit in enumerate(bits):
                y, x = top + place // 5, left + place % 5
                if bit == "1" and y < height and x < width:
                    picture[y, x] = (column * 40 % 256, 0, 30, 255)[:channels]
    return picture


def photograph(width, height, channels, random):
    """Slopes, shaded discs, an edge and a little grain."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.int64)
    picture = smooth(width, height, channels, random).astype(numpy.int64)
    for _ in range(4):
        centre = random.integers(0, (height, width))
        radius = int(random.integers(max(width, height) // 5 + 1, max(width, height) // 2 + 2))
        squares = (y - centre[0]) ** 2 + (x - centre[1]) ** 2
        inside = squares < radius * radius
        shade = 256 - 128 * squares[inside] // (radius * radius)
        picture[inside] = random.integers(0, 256, channels)[None] * shade[:, None] // 256
    picture[height * 3 // 5 :, : width // 2] //= 2
    return bytes_of(picture + random.integers(-6, 7, picture.shape))


KINDS = {"photograph": photograph, "smooth": smooth, "noise": noise, "text": text}


def picture(kind, width, height, channels=3):
    """The same array of rows, columns and samples for the same arguments."""
    seed = [list(KINDS).index(kind), width, height, channels]
    return KINDS[kind](width, height, channels, numpy.random.Generator(numpy.random.PCG64(seed)))


def bytes_of(samples):
    return numpy.clip(samples, 0, 255).astype(numpy.uint8)
