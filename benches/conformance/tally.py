"""How far two decoders are apart, counted by the kind of file, and printed as tables."""

import re
import subprocess

import numpy


class Tally:
    """Files of one kind: how many, and how far they are apart at most."""

    def __init__(self):
        self.files = self.equal = self.samples = self.largest = self.sum = 0

    def add(self, difference):
        self.files += 1
        self.samples += difference.size
        self.sum += int(difference.sum(dtype=numpy.int64))
        self.largest = max(self.largest, int(difference.max()))
        self.equal += not difference.any()

    def row(self):
        mean = self.sum / max(self.samples, 1)
        return f"{self.files:,} | {self.equal:,} | {self.samples:,} | {self.largest} | {mean:.4f}"


def said(answer):
    return answer if isinstance(answer, str) else "decodes it"


def table(heading, tallies):
    print(f"| {heading} | files | equal to the bit | samples | largest difference | mean |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, tally in tallies.items():
        print(f"| {name} | {tally.row()} |")
    print()


def whole(tallies):
    total = Tally()
    for tally in tallies.values():
        for field in ("files", "equal", "samples", "sum"):
            setattr(total, field, getattr(total, field) + getattr(tally, field))
        total.largest = max(total.largest, tally.largest)
    return total


def version(program):
    said = subprocess.run([program, "-version"], capture_output=True, input=b"")
    found = re.search(rb"(?:version |^)(\d\S+)", said.stdout + said.stderr)
    return found[1].decode() if found else "?"
