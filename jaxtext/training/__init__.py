"""Training: the clear loop for any loss, and the fast path for skip-gram over a token stream."""

from jaxtext.training import loop, stream

__all__ = ["loop", "stream"]
