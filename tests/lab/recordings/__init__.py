"""Every recording, one file a subject."""

from . import demo, formats, links, neighbors, path, pings, pmtu, queries, refusals, routes  # noqa: F401
