#!/usr/bin/env python3
"""Runs the comparison and writes its record: see `benches/run`, which prepares all of this and calls it.

Each picture in turn; in each round each contender does its work a few times, so that what disturbs the machine
meets all of them. One contender works at a time, all on one core. What a contender makes is compared with a
full decode and a Lanczos resample before its times count: wrong size or less than WRONG decibels is an error.
"""

import argparse
import datetime
import fnmatch
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

from contender import FULL, THUMBNAILS, Workers
from likeness import Reference
from pictures import PICTURES

# Far below what any of them makes, far above another picture.
WRONG = 25.0
SIDE = 256
# A turn lasts about that long.
TURN_MS = 60.0
# What takes longer than this gets fewer rounds: its relative noise is small.
LONG_MS = 400.0


def main():
    arguments = parsed()
    core = arguments.core if arguments.core is not None else max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    workers = Workers(arguments.peer.resolve(), arguments.sharp and arguments.sharp.resolve())
    record = {
        "conditions": conditions(arguments, core, workers),
        "pictures": {},
    }
    failures = []
    for picture in PICTURES:
        path = arguments.set / picture.file
        if not fnmatch.fnmatch(picture.file, arguments.only):
            continue
        if not path.exists():
            print(f"{picture.file}: not there, left out", flush=True)
            continue
        record["pictures"][picture.file] = one(picture, path, workers, arguments)
        failures += told(picture, record["pictures"][picture.file])
    workers.close()
    arguments.record.write_text(in_lines(record) + "\n")
    print(f"{arguments.record}: {len(record['pictures'])} pictures")
    if failures:
        sys.exit("ours failed: " + "; ".join(failures))


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--peer", type=Path, required=True, help="the program fic-peer, release build")
    parser.add_argument("--sharp", type=Path, help="the node_modules that has Sharp; left out without")
    parser.add_argument("--record", type=Path, required=True, help="the file to write")
    parser.add_argument("--only", default="*", metavar="GLOB", help="only pictures with such names")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--core", type=int, help="the core to run on; the last one by default")
    return parser.parse_args()


def one(picture, path, workers, arguments):
    data = path.read_bytes()
    reference = Reference(data)
    width, height = reference.picture.size
    entry = {"label": picture.label, "bytes": len(data), "width": width, "height": height}
    expected = reference.size_within(SIDE)
    contenders = [each for each in THUMBNAILS if workers.has(each) and each.takes(picture.file)]
    entry["thumbnails"] = compared(contenders, path, workers, arguments.rounds, reference, expected)
    for contender in contenders:
        if memory := workers.once(contender, path):
            entry["thumbnails"][contender.key] |= memory
    exact = checked("ours", "exact", path, workers, reference, expected)
    entry["exact"] = {key: exact[key] for key in ("psnr", "error") if key in exact}
    if picture.full:
        contenders = [each for each in FULL if workers.has(each)]
        entry["full"] = compared(contenders, path, workers, arguments.rounds, reference, (width, height))
    entry["looks"] = {op: look(op, path, workers) for op in ("sniff", "outline")}
    return entry


def compared(contenders, path, workers, rounds, reference, expected):
    """Checks each answer, then times them in turns. Milliseconds: of each round the median, and of all."""
    results = {each.key: checked(each.library, each.op, path, workers, reference, expected) for each in contenders}
    sound = [each for each in contenders if "error" not in results[each.key]]
    if sound and max(results[each.key]["first_ms"] for each in sound) > LONG_MS:
        rounds = max(3, rounds * 2 // 3)
    times = {each.key: [] for each in sound}
    for turn in range(rounds):
        # Who follows whom changes, so that nobody always runs in the wake of the same one.
        for each in sound[turn % len(sound) :] + sound[: turn % len(sound)]:
            count = min(50, max(2, math.ceil(TURN_MS / results[each.key]["first_ms"])))
            answer = workers.ask(each.library, file=str(path), op=each.op, n=count)
            if "error" in answer:
                sys.exit(f"{path.name}: {each.key} was right once and failed then: {answer['error']}")
            times[each.key].append(answer["ms"])
    for key, turns in times.items():
        everything = [ms for turn in turns for ms in turn]
        results[key] |= {
            "ms": rounded(statistics.median(everything)),
            "min_ms": rounded(min(everything)),
            "rounds_ms": [rounded(statistics.median(turn)) for turn in turns],
        }
    for result in results.values():
        result.pop("first_ms", None)
    return results


def checked(library, op, path, workers, reference, expected):
    with tempfile.NamedTemporaryFile() as kept:
        answer = workers.ask(library, file=str(path), op=op, n=1, pixels=kept.name)
        if "error" in answer:
            return {"error": answer["error"]}
        size = (answer["width"], answer["height"])
        samples = numpy.fromfile(kept.name, numpy.uint8)
    result = {"first_ms": answer["ms"][0], "width": size[0], "height": size[1]}
    if max(abs(size[0] - expected[0]), abs(size[1] - expected[1])) > 1:
        return {"error": f"made {size[0]} x {size[1]} instead of {expected[0]} x {expected[1]}"}
    if op == "bands":  # Shown, not kept: `full` is the same call with the rows kept, and that is compared.
        return result
    found = reference.psnr(samples.reshape(size[1], size[0], answer["channels"]))
    if found < WRONG:
        return {"error": f"another picture: {found:.1f} dB from the reference"}
    return result | {"psnr": round(found, 2)}


def in_lines(record):
    """JSON with a line for each figure, and one for the rounds of a contender."""
    flat = lambda found: re.sub(r"\s+", " ", found[0])
    return re.sub(r"\[[-\d.,\s]*\]", flat, json.dumps(record, indent=1))


def look(op, path, workers):
    answer = workers.ask("ours", file=str(path), op=op, n=15)
    return {"error": answer["error"]} if "error" in answer else {"ms": rounded(statistics.median(answer["ms"]))}


def rounded(ms):
    return float(f"{ms:.4g}")


def told(picture, entry):
    """Prints the picture's line; returns what of ours went wrong."""
    thumbnails = entry["thumbnails"]
    ratio = lambda key: thumbnails[key]["ms"] / thumbnails["vips"]["ms"]
    if "ms" in thumbnails["vips"]:
        texts = [f"{key} {ratio(key):.2f}" for key in thumbnails if "ms" in thumbnails[key] and key != "vips"]
        print(f"{picture.file}: vips {thumbnails['vips']['ms']:.2f} ms; as a ratio: {', '.join(texts)}", flush=True)
    everything = thumbnails | entry.get("full", {}) | {"ours_exact": entry["exact"]}
    for key, result in everything.items():
        if "error" in result:
            print(f"{picture.file}: {key}: {result['error']}", flush=True)
    return [f"{picture.file}: {key}" for key, result in everything.items() if key[:4] == "ours" and "error" in result]


def conditions(arguments, core, workers):
    git = lambda *words: subprocess.run(["git", *words], capture_output=True, text=True).stdout.strip()
    versions = {name: workers.ask(name, op="version").get("version", f"no {name}") for name in workers.commands if name != "ours"}
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "commit": git("rev-parse", "HEAD"),
        "changed": bool(git("status", "--porcelain", "--untracked-files=no", "--", "crates", "Cargo.lock")),
        "compiler": subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "core": core,
        "system": f"{platform.system()} {platform.release()}, {platform.libc_ver()[0]} {platform.libc_ver()[1]}",
        "load": os.getloadavg()[0],
        "rounds": arguments.rounds,
        "only": arguments.only,
        "versions": versions,
    }


def processor():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
