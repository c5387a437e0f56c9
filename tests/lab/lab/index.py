"""Writes testdata/README.md from the transcripts."""

from .recording import TESTDATA, TRANSCRIPTS

HEAD = """\
# Recorded captures

Every file here was recorded by [`tests/lab/record`](../tests/lab/) from real programs in
network namespaces joined by veth; none is written by hand. `tests/lab/record NAME` records one
again, `tests/lab/record` all of them. This page is written by the same command: the last
column holds what the tools printed and what tshark counted when the file was recorded.
The whole output of the tools is in [`transcripts/`](transcripts/).

Names: `a` is the host on the left, `b` the one on the right, `r1`, `r2`, ... the routers
between them; link number *i* is `10.0.i.0/24` and `2001:db8:i::/64`, `.1` left and `.2` right
(`tests/lab/lab/topology.py`). On a LAN `h1`, `h2`, ... are `10.0.0.N` and `2001:db8::N`.
ICMP rate limits of the kernel are lifted unless a row says otherwise.

Larger incidents with their truth in TOML are in [`scenarios/`](scenarios/).

| file | what it shows | how it came to be | what is true in it |
|---|---|---|---|
"""


def write():
    rows = [_row(path.read_text()) for path in sorted(TRANSCRIPTS.glob("*.txt"))]
    (TESTDATA / "README.md").write_text(HEAD + "".join(rows))


def _row(text):
    values = {"title": [], "file": [], "how": [], "true": []}
    for line in text.split("\n\n", 1)[0].splitlines():
        key, value = line.split(": ", 1)
        values[key].append(_cell(value))
    how = [f"`{h}`" if "$ " in h else h for h in values["how"]]
    cells = ["<br>".join(f"`{f}`" for f in values["file"]), values["title"][0],
             "<br>".join(how), "; ".join(values["true"])]
    return "| " + " | ".join(cells) + " |\n"


def _cell(text):
    return text.replace("|", "\\|").replace("<", "&lt;")
