"""Every scenario, one file a subject."""

from . import established, loss, nat, ordinary, paths, pmtu, refusals, silence  # noqa: F401
