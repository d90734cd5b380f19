r"""Skip-gram with negative sampling over counts: the objective of a whole text, without sampling.

With $n_{wc} = \#(w, c)$ and $e_{wc} = k\,\#(w)\,P(c)$, the expected number of times that c is drawn
as a negative of w, `sgns.expected_loss` is

$$\sum_{w, c} (n_{wc} + e_{wc}) \ln(1 + e^{s_{wc}}) - n_{wc} s_{wc}, \qquad s_{wc} = w \cdot c$$

The scores of some rows at a time are all that is ever dense; counts stay sparse, on the host. The
cost of a pass depends on V and D alone, not on the length of the text.

Given one table, the other one's rows are independent convex problems: logistic regressions with
weights. A pass improves all rows of both tables, one table after the other, by one step each:

- *Direction.* Row w has the curvature $\sum_c q_{wc}\, c c^\top$ with
  $q = (n + e)\,\sigma(s)\,\sigma(-s)$. Because e is of rank one, q nearly is: rows of similar
  frequency differ by a factor. They share one matrix, and its inverse gives their directions.
- *Length.* Along a direction that changes the scores by $\delta_c$ per unit, the slope
  $-\gamma = \sum_c g_{wc} \delta_c$ and the row's own curvature $h = \sum_c q_{wc} \delta_c^2$ are
  computed exactly. Third derivatives of the logistic loss are bounded by second ones, so that
  curvature grows at most like $e^{t \Delta}$, $\Delta = \max_c |\delta_c|$ (Bach 2010, "Self-
  concordant analysis for logistic regression", proposition 1), and

  $$\ell(t) \le \ell(0) - \gamma t + h\,(e^{t \Delta} - t \Delta - 1) / \Delta^2,$$

  which is smallest at $t = \ln(1 + \gamma \Delta / h) / \Delta$. Near the optimum this is Newton's
  step $\gamma / h$; far from it, it is shorter. No step can raise the objective, whatever the text.

The start matters for speed and for the vectors: `starts.singular_vectors` is the truncated
singular value decomposition of the positive PMI, with one dimension for the shift by ln k. The
objective depends on the product of the tables alone; of all tables with the same product, `fit`
returns those among which `factorization.vectors` splits its singular values evenly.
"""

from jaxtext.training.counts.newton import (
    Problem,
    block_gradient,
    gradient,
    improve,
    improve_contexts,
    logistic,
    loss,
    problem,
)
from jaxtext.training.counts.passes import Report, State, fit

__all__ = [
    "Problem",
    "Report",
    "State",
    "block_gradient",
    "fit",
    "gradient",
    "improve",
    "improve_contexts",
    "logistic",
    "loss",
    "problem",
]
