"""The chart: a row a picture; time as a ratio to vips, likeness to the reference, memory."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

INK, SOFT, LINE, PAPER = "#22262b", "#5b636d", "#dcdad3", "#fbfaf7"
OURS = "#0f6f8f"
WIDTH, TOP, ROW = 1140, 150, 27


@dataclass(frozen=True)
class Mark:
    key: str
    label: str
    colour: str
    shape: str


# The last is drawn on top.
MARKS = (
    Mark("vips", "vips", "#7a6f9b", "bar"),
    Mark("opencv", "OpenCV", "#8a7a3c", "triangle"),
    Mark("pillow", "Pillow", "#c2410c", "square"),
    Mark("sharp", "Sharp", "#3f8f4f", "diamond"),
    Mark("ours_fast", "fastimagecache, fast", OURS, "ring"),
    Mark("ours", "fastimagecache", OURS, "dot"),
)


@dataclass(frozen=True)
class Panel:
    title: str
    left: float
    right: float
    ticks: tuple
    is_log: bool

    def at(self, value):
        scale = math.log if self.is_log else float
        low, high = scale(self.ticks[0]), scale(self.ticks[-1])
        share = (scale(min(max(value, self.ticks[0]), self.ticks[-1])) - low) / (high - low)
        return self.left + share * (self.right - self.left)


TIME = Panel("time, as a ratio to vips", 330, 700, (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4), True)
LIKENESS = Panel("likeness, dB (right is better)", 745, 905, (30, 40, 50, 60), False)
MEMORY = Panel("peak memory, MB", 955, 1115, (0.1, 1, 10, 100, 1000), True)


def drawn(record):
    rows = [each for each in record.listed if each.chart]
    bottom = TOP + ROW * len(rows)
    height = bottom + 62
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        "font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\" font-size=\"13\" role=\"img\">",
        "<title>Thumbnails within 256 x 256: time, likeness and memory beside vips, Sharp, Pillow and OpenCV</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="{PAPER}"/>',
        text(24, 38, "A thumbnail within 256 × 256, beside the C libraries", INK, 20),
        text(24, 62, "One core, in turns, in the same run. Left is faster, and less memory; the bar is vips.", SOFT),
    ]
    parts += legend()
    for panel in (TIME, LIKENESS, MEMORY):
        parts += frame(panel, bottom)
    for number, picture in enumerate(rows):
        parts += row(record, picture, TOP + ROW * (number + 0.5))
    told = record.conditions
    last = f"{told['date']}, commit {told['commit'][:10]}, {told['processor']}. Likeness: PSNR against a full decode and Lanczos."
    parts.append(text(24, height - 16, last, SOFT, 11))
    return "\n".join(parts + ["</svg>", ""])


def legend():
    parts, left = [], 30
    for mark in reversed(MARKS):
        parts += [symbol(mark, left, 88), text(left + 12, 92.5, mark.label, INK)]
        left += 46 + 7.4 * len(mark.label)
    return parts


def frame(panel, bottom):
    parts = [text(panel.left, TOP - 26, panel.title, INK, 12)]
    for tick in panel.ticks:
        x = panel.at(tick)
        is_vips = panel is TIME and tick == 1
        colour, width = (MARKS[0].colour, 2) if is_vips else (LINE, 1)
        parts.append(f'<path d="M{x:.1f} {TOP - 8}V{bottom}" stroke="{colour}" stroke-width="{width}"/>')
        beyond = "≥ " if panel is LIKENESS and tick == panel.ticks[-1] else ""
        parts.append(text(x, bottom + 18, f"{beyond}{tick:g}", SOFT, 11, "middle"))
    return parts


def row(record, picture, y):
    parts = [text(TIME.left - 22, y + 4.5, picture.label.replace(", straight from a", ","), INK, 12, "end")]
    if ours := record.ratio(picture.file, "ours"):
        x = TIME.at(ours)
        parts.append(f'<path d="M{x:.1f} {y}H{TIME.at(1):.1f}" stroke="{OURS}" stroke-width="3" opacity="0.25"/>')
    values = {
        TIME: lambda key: record.ratio(picture.file, key) if key != "vips" else None,
        LIKENESS: lambda key: record.of(picture.file, key, "psnr"),
        MEMORY: lambda key: record.risen(picture.file, key),
    }
    for panel, value in values.items():
        parts += [symbol(mark, panel.at(found), y) for mark in MARKS if (found := value(mark.key)) is not None]
    return parts


def symbol(mark, x, y):
    colour = mark.colour
    if mark.shape == "dot":
        return f'<circle cx="{x:.1f}" cy="{y}" r="6" fill="{colour}"/>'
    if mark.shape == "ring":
        return f'<circle cx="{x:.1f}" cy="{y}" r="4.5" fill="{PAPER}" stroke="{colour}" stroke-width="2"/>'
    outline = {
        "bar": f"M{x - 1.5:.1f} {y - 7}h3v14h-3z",
        "triangle": f"M{x:.1f} {y - 5}l5 9h-10z",
        "square": f"M{x - 4:.1f} {y - 4}h8v8h-8z",
        "diamond": f"M{x:.1f} {y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
    }
    return f'<path d="{outline[mark.shape]}" fill="{colour}"/>'


def text(x, y, words, colour, size=13, anchor="start"):
    return f'<text x="{x:.1f}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">{escape(words)}</text>'
