r"""Skip-gram with negative sampling over a stream of tokens: the fast path.

The objective is that of `sgns.pair_loss`. Four things make it fast on a CPU, and none changes its
expectation:

- A step takes T consecutive tokens with a halo of `window` tokens on either side. Their rows are
  gathered once, and the scores of all their pairs are 2 * window products of shifted slices.
- The T centers share K negatives, so that their scores and gradients are matrix products. A center
  with p pairs weighs each negative by k p / K: in expectation that is k negatives a pair.
- The gradient is written by hand (sigmoid minus label) for the gathered rows alone and added to the
  tables with one scatter each.
- Steps are small enough to stay in one core's cache; meanwhile the other core subsamples the tokens
  and draws the windows of the chunk that comes next.

Small steps are also what keeps training stable. A row is moved by all pairs of a step at once,
computed from one stale value. So `plan.plan` shortens the step until no row is expected to move
far in it, for words spread evenly over the text and for its habit of repeating words close by;
and `plan.damping` shrinks the update of a word that one step happens to repeat many times.
"""

from jaxtext.training.settings import Sgns as StreamConfig
from jaxtext.training.stream.block import (
    Block,
    RowGradient,
    RowScale,
    add_rows,
    block_gradient,
    block_loss,
    window_offsets,
)
from jaxtext.training.stream.loop import Diverged, Report, State, fit, initial
from jaxtext.training.stream.plan import Plan

__all__ = [
    "Block",
    "Diverged",
    "Plan",
    "Report",
    "RowGradient",
    "RowScale",
    "State",
    "StreamConfig",
    "add_rows",
    "block_gradient",
    "block_loss",
    "fit",
    "initial",
    "window_offsets",
]
