"""One recording: its captures, its transcript, what is true in it."""

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import capture, tools
from .net import Result

TESTDATA = Path(__file__).resolve().parents[3] / "testdata"
TRANSCRIPTS = TESTDATA / "transcripts"

RECORDINGS = {}


def recording(name, title, files=None):
    """Register a function as the recording NAME, which writes testdata/NAME.pcap.

    `files` names the captures it writes, if others.
    """

    def register(function):
        RECORDINGS[name] = Recording(name, title, files or [f"{name}.pcap"], function)
        return function

    return register


class Recording:
    def __init__(self, name, title, files, function):
        self.name = name
        self.title = title
        self.files = files
        self.function = function

    def record(self):
        """Run it in a scratch folder; move its files into testdata/ only if all went well."""
        with tempfile.TemporaryDirectory(prefix="icmpdump-lab-") as scratch:
            take = Take(self, Path(scratch))
            self.function(take)
            TRANSCRIPTS.mkdir(parents=True, exist_ok=True)
            for file in self.files:
                shutil.copyfile(Path(scratch) / file, TESTDATA / file)
            (TRANSCRIPTS / f"{self.name}.txt").write_text(take.sidecar())


class Take:
    """What a recording function works with."""

    def __init__(self, subject, scratch):
        self.subject = subject
        self.scratch = scratch
        self.facts = []
        self.commands = []
        self.transcript = []

    def path(self, file=None):
        return self.scratch / (file or self.subject.files[0])

    def capture(self, node, interface="eth0", options="", filter="", file=None):
        """Capture with tcpdump on one interface while the block runs."""
        return capture.tcpdump(node, interface, self.path(file), options, filter)

    def dumpcap(self, node, interfaces, file=None):
        return capture.dumpcap(node, interfaces, self.path(file))

    def tool(self, node, command):
        """Run a tool in a node; the command and what it printed go into the transcript."""
        done = subprocess.run(
            node.argv(command), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        )
        self._write(node, command, done.stdout, done.returncode)
        return Result(done.stdout, done.returncode)

    def tools(self, node, commands):
        """Run several tools at once."""
        running = [
            subprocess.Popen(node.argv(c), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
            for c in commands
        ]
        results = []
        for command, program in zip(commands, running):
            output = program.communicate()[0]
            self._write(node, f"{command} &", output, program.returncode)
            results.append(Result(output, program.returncode))
        return results

    def _write(self, node, command, output, status):
        text = command if isinstance(command, str) else shlex.join(command)
        self.commands.append(f"{node.name}$ {text}")
        self.transcript.append(f"{node.name}$ {text}\n{output.rstrip()}\n[exit {status}]\n")

    def ping(self, node, words):
        return tools.ping(self.tool(node, f"ping -n {words}").output)

    def note(self, text):
        """A part of how it came to be that no command line tells."""
        self.commands.append(text)
        self.transcript.append(f"# {text}\n")

    def true(self, text):
        """State a fact. Say only what was observed in this run."""
        self.facts.append(text)

    def count(self, filter, file=None):
        """How many frames of the capture match, according to tshark."""
        return len(capture.frames(self.path(file), filter))

    def fields(self, filter, *names, file=None):
        return capture.fields(self.path(file), filter, *names)

    def all_fields(self, filter, *names, file=None):
        """As `fields`, with every occurrence, outer header first, joined by commas."""
        return capture.fields(self.path(file), filter, *names, occurrence="a")

    def expect(self, filter, wanted, file=None):
        """The recording is worthless unless this many frames match; returns the number."""
        found = self.count(filter, file)
        if found != wanted:
            raise RuntimeError(f"{self.subject.name}: {filter!r} matches {found} frames, not {wanted}")
        return found

    def some(self, filter, file=None):
        """As `expect`, for any number but none."""
        found = self.count(filter, file)
        if not found:
            raise RuntimeError(f"{self.subject.name}: {filter!r} matches nothing")
        return found

    def sidecar(self):
        lines = [f"title: {self.subject.title}"]
        lines += [f"file: {file}" for file in self.subject.files]
        lines += [f"how: {command}" for command in self.commands]
        lines += [f"true: {fact}" for fact in self.facts]
        return "\n".join(lines) + "\n\n" + "\n".join(self.transcript)
