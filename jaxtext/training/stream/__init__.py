r"""Skip-gram with negative sampling over a stream of tokens: the fast path.

The objective is that of `sgns.pair_loss`. Five things make it fast on a CPU, and the first four do
not change its expectation:

- A step takes T consecutive tokens with a halo of `window` tokens on either side. Their rows are
  gathered once, and the scores of all their pairs are 2 * window products of shifted slices.
- The T centers share K negatives, so that their scores and gradients are matrix products. A center
  with p pairs weighs each negative by k p / K; in expectation this equals k negatives per pair.
- The gradient is written by hand (sigmoid minus label) for the gathered rows alone. It is added to
  the tables with one scatter each.
- Steps are small enough to stay in the cache of one core. Meanwhile, another thread subsamples the
  tokens and draws the windows of the next chunk.
- A long text is trained in several streams at once, each on a core of its own. They start a round
  with the same tables, and `combine.combined` joins what they have learned. Streams, rounds and the
  order of sums follow from the text and the settings, so the result is the same bits on one core
  and on many.

Small steps also keep training stable. All pairs of a step move a row at once, with gradients that
were computed from the same, by then stale, value of the row. `plan.plan` therefore chooses the step
so short that no row is expected to move far in it, even though texts repeat words close by. And
`plan.damping` shrinks the update of a word that occurs many times in one step.
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
from jaxtext.training.stream.loop import fit, initial
from jaxtext.training.stream.plan import Plan
from jaxtext.training.stream.state import Diverged, Report, State

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
