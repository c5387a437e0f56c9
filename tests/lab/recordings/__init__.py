"""Every recording, one file a subject."""

from . import demo, encrypted, formats, links, neighbors, path, pings, pmtu, queries, refusals, routes  # noqa: F401
