"""A library that takes part: its worker process, and one-off processes for the memory."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
WORKER = [sys.executable, str(HERE / "worker.py")]


@dataclass(frozen=True)
class Contender:
    """`key` is its name in the record, `library` the process that it runs in, `op` what it does there."""

    key: str
    label: str
    library: str
    op: str
    jpeg_only: bool = False

    def takes(self, file):
        return not self.jpeg_only or file.endswith(".jpg")


THUMBNAILS = (
    Contender("ours", "fastimagecache", "ours", "standard"),
    Contender("ours_fast", "fastimagecache, fast", "ours", "fast"),
    Contender("vips", "vips thumbnail", "vips", "thumb"),
    Contender("sharp", "Sharp", "sharp", "thumb"),
    Contender("pillow", "Pillow thumbnail", "pillow", "thumb"),
    Contender("pillow_draft", "Pillow draft(256)", "pillow", "draft", jpeg_only=True),
    Contender("opencv", "OpenCV", "opencv", "thumb"),
)

FULL = (
    Contender("ours_full", "fastimagecache", "ours", "full"),
    Contender("ours_bands", "fastimagecache, rows not kept", "ours", "bands"),
    Contender("imagecodecs_full", "imagecodecs", "imagecodecs", "full"),
    Contender("pillow_full", "Pillow", "pillow", "full"),
    Contender("opencv_full", "OpenCV", "opencv", "full"),
    Contender("vips_full", "vips", "vips", "full"),
)


class Workers:
    """The worker processes, started when first asked and all idle but the one that was asked."""

    def __init__(self, peer, sharp):
        self.commands = {name: WORKER for name in ("vips", "pillow", "opencv", "imagecodecs")}
        self.commands["ours"] = [str(peer)]
        if sharp:
            self.commands["sharp"] = ["node", str(HERE / "sharp.js")]
        self.environment = os.environ | ({"NODE_PATH": str(sharp)} if sharp else {})
        self.running = {}

    def has(self, contender):
        return contender.library in self.commands

    def ask(self, library, **request):
        if library not in self.running:
            arguments = ["serve"] if library in ("ours", "sharp") else ["serve", library]
            self.running[library] = subprocess.Popen(
                self.commands[library] + arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self.environment,
            )
        worker = self.running[library]
        try:
            worker.stdin.write(json.dumps(request) + "\n")
            worker.stdin.flush()
            answer = worker.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            del self.running[library]
            return {"error": f"the process ended with {worker.wait()}"}
        return json.loads(answer)

    def once(self, contender, path):
        """Resident memory of a process of its own: at the start of the work and at its peak, in KiB."""
        library = contender.library
        names = [] if library in ("ours", "sharp") else [library]
        command = self.commands[library] + ["once", *names, contender.op, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def close(self):
        for worker in self.running.values():
            worker.stdin.close()
            worker.wait()
