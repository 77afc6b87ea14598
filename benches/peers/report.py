#!/usr/bin/env python3
"""Writes what a record says: report.py RECORD PAGE CHART

The tables of PAGE (BENCHMARKS.md) stand between `<!-- NAME -->` and `<!-- end of NAME -->`; CHART is an SVG.
"""

import json
import re
import sys
from pathlib import Path

from acceptance import rows as acceptance_rows
from chart import drawn
from contender import FULL, THUMBNAILS
from pictures import PICTURES

MB = 1e6
LOOKED_AT = (
    "tiny_base420.jpg",
    "photo12_base420.jpg",
    "photo12_prog420.jpg",
    "photo100_base420.jpg",
    "photo4_rgb8.png",
    "photo4_lossy.webp",
    "photo2_lossless.webp",
    "anim60.gif",
)


class Record:
    """The figures by picture and contender; what is missing or was wrong is None."""

    def __init__(self, path):
        written = json.loads(path.read_text())
        self.conditions = written["conditions"]
        self.pictures = written["pictures"]
        self.listed = [each for each in PICTURES if each.file in self.pictures]

    def of(self, file, contender, key="ms"):
        entry = self.pictures.get(file, {})
        results = entry.get("thumbnails", {}) | entry.get("full", {})
        return results.get(contender, {}).get(key)

    def ratio(self, file, contender, to="vips"):
        ours, theirs = self.of(file, contender), self.of(file, to)
        return ours / theirs if ours and theirs else None

    def risen(self, file, contender):
        """Peak of resident memory over the start of the work, in MB."""
        start, peak = self.of(file, contender, "start_kib"), self.of(file, contender, "peak_kib")
        return None if start is None or peak is None else (peak - start) * 1024 / MB


def table(head, rows):
    """The first column is text, the others figures."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def figure(value, digits=2):
    return "–" if value is None else f"{value:,.{digits}f}"


def bold(words, is_bold):
    return f"**{words}**" if is_bold else words


def ms(value):
    return "–" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def conditions(record):
    told = record.conditions
    versions = ", ".join(told["versions"].values())
    changed = " with changes" if told["changed"] else ""
    return (
        f"{told['date']}, commit {told['commit'][:10]}{changed}; {told['compiler']}, release profile. "
        f"{told['processor']}, {told['cores']} cores, all work on core {told['core']}; {told['system']}; "
        f"load before the start {told['load']:.1f}; {told['rounds']} rounds. Against {versions}."
    )


def times(record):
    head = ["picture", "ours, ms", "vips, ms"] + [f"{each.label}" for each in THUMBNAILS if each.key != "vips"]
    rows = []
    for picture in record.listed:
        ratios = {each.key: record.ratio(picture.file, each.key) for each in THUMBNAILS if each.key != "vips"}
        best = min([ratio for ratio in ratios.values() if ratio] + [1.0])
        marked = [bold(figure(ratio), ratio == best) for ratio in ratios.values()]
        ours, vips = (ms(record.of(picture.file, key)) for key in ("ours", "vips"))
        rows.append([picture.label, ours, bold(vips, best == 1.0), *marked])
    return table(head, rows)


def likeness(record):
    shown = ["ours", "ours_fast", "vips", "sharp", "pillow", "pillow_draft", "opencv"]
    labels = {each.key: each.label for each in THUMBNAILS}
    head = ["picture", "ours, exact"] + [labels[key] for key in shown]
    rows = [
        [picture.label, figure(record.pictures[picture.file]["exact"].get("psnr"), 1)]
        + [figure(record.of(picture.file, key, "psnr"), 1) for key in shown]
        for picture in record.listed
    ]
    return table(head, rows)


def memory(record):
    head = ["picture", "our heap", "predicted"] + [each.label for each in THUMBNAILS]
    rows = []
    for picture in record.listed:
        heap = [record.of(picture.file, "ours", key) for key in ("heap_kib", "predicted_heap_kib")]
        heap = [figure(kib and kib * 1024 / MB, 1) for kib in heap]
        rows.append([picture.label, *heap, *(figure(record.risen(picture.file, each.key), 1) for each in THUMBNAILS)])
    return table(head, rows)


def full(record):
    head = ["picture"] + [f"{each.label}, ms" for each in FULL] + ["ours / imagecodecs", "ours / Pillow"]
    rows = []
    for picture in record.listed:
        if picture.full:
            both = [record.ratio(picture.file, "ours_full", to) for to in ("imagecodecs_full", "pillow_full")]
            rows.append(
                [picture.label, *(ms(record.of(picture.file, each.key)) for each in FULL), *map(figure, both)]
            )
    return table(head, rows)


def growth(record):
    shown = ("ours", "vips", "pillow")
    labels = {each.key: each.label for each in THUMBNAILS}
    head = ["megapixels", "file, MB", "our heap, MB"]
    head += [f"{labels[key]}, ms" for key in shown] + [f"{labels[key]}, RSS, MB" for key in shown]
    steps = [each for each in record.listed if each.ladder]
    pixels = lambda picture: record.pictures[picture.file]["width"] * record.pictures[picture.file]["height"]
    rows = []
    for picture in sorted(steps, key=pixels):
        heap = record.of(picture.file, "ours", "heap_kib")
        rows.append(
            [f"{pixels(picture) / 1e6:.1f}", figure(record.pictures[picture.file]["bytes"] / MB, 1)]
            + [figure(heap and heap * 1024 / MB, 2)]
            + [ms(record.of(picture.file, key)) for key in shown]
            + [figure(record.risen(picture.file, key), 1) for key in shown]
        )
    return table(head, rows)


def losses(record):
    """Every peer that is faster than ours, or closer to the reference by half a decibel and below 60."""
    lines = []
    peers = [each for each in THUMBNAILS if each.library != "ours"]
    for picture in record.listed:
        slower = [
            f"{each.label} takes {figure(1 / record.ratio(picture.file, 'ours', each.key))} of our time"
            for each in peers
            if (record.ratio(picture.file, "ours", each.key) or 0) > 1
        ]
        ours = record.of(picture.file, "ours", "psnr")
        closer = [
            f"{each.label} is closer to the reference ({figure(found, 1)} dB, ours {figure(ours, 1)})"
            for each in peers
            if (found := record.of(picture.file, each.key, "psnr")) and ours and ours < 60 and found > ours + 0.5
        ]
        smaller = [
            f"{each.label} needs {figure(found, 1)} MB, ours {figure(record.risen(picture.file, 'ours'), 1)}"
            for each in peers
            if (found := record.risen(picture.file, each.key)) is not None
            and (record.risen(picture.file, "ours") or 0) > found + 0.5
        ]
        if slower or closer or smaller:
            lines.append(f"- {picture.label}: {'; '.join(slower + closer + smaller)}.")
        if picture.full and (times := {each.label: record.of(picture.file, each.key) for each in FULL}):
            ours = record.of(picture.file, "ours_full")
            faster = [f"{label} {ms(took)}" for label, took in times.items() if took and ours and took < ours]
            faster = [text for text in faster if not text.startswith("fastimagecache")]
            if faster:
                lines.append(f"- {picture.label}, full size: {', '.join(faster)} ms, ours {ms(ours)}.")
    return "\n".join(lines) or "Nowhere in this record."


def looks(record):
    head = ["picture", "file, MB", "sniff, ns", "outline, µs"]
    rows = []
    for picture in record.listed:
        if picture.file in LOOKED_AT:
            entry = record.pictures[picture.file]
            sniff, outline = (entry["looks"][op].get("ms") for op in ("sniff", "outline"))
            rows.append(
                [picture.label, figure(entry["bytes"] / MB, 2), figure(sniff and sniff * 1e6, 1), figure(outline and outline * 1e3, 1)]
            )
    return table(head, rows)


def acceptance(record):
    return table(["target", "wanted", "measured", "met"], acceptance_rows(record))


def written(page, record):
    for section in (conditions, acceptance, losses, times, likeness, memory, full, growth, looks):
        name = section.__name__
        inside = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        if not inside.search(page):
            sys.exit(f"the page has no place for {name}")
        page = inside.sub(lambda found: f"{found[1]}{section(record)}\n{found[2]}", page)
    return page


def main(record, page, chart):
    record = Record(Path(record))
    Path(page).write_text(written(Path(page).read_text(), record))
    Path(chart).write_text(drawn(record))
    print(acceptance(record))


if __name__ == "__main__":
    main(*sys.argv[1:])
