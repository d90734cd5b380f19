r"""Skip-gram with negative sampling over counts: the objective of a whole text, without sampling.

Let $n_{wc} = \#(w, c)$, and let $e_{wc} = k\,\#(w)\,P(c)$ be the expected number of times that c is
drawn as a negative of w. Then `sgns.expected_loss` is

$$\sum_{w, c} (n_{wc} + e_{wc}) \ln(1 + e^{s_{wc}}) - n_{wc} s_{wc}, \qquad s_{wc} = w \cdot c$$

Counts stay sparse, on the host; only the counts and scores of some rows at a time are ever dense.
The cost of a pass depends on V and D alone, not on the length of the text.

Given one table, the rows of the other are independent convex problems: weighted logistic
regressions. A pass improves all rows of both tables, one table after the other, by one step each:

- *Direction.* Row w has the curvature $\sum_c q_{wc}\, c c^\top$ with
  $q = (n + e)\,\sigma(s)\,\sigma(-s)$. Because e has rank one, q nearly has: the curvatures of
  rows of similar frequency differ by little more than a factor. Such rows share one matrix, and
  its inverse gives their directions.
- *Length.* Along a direction that changes the scores by $\delta_c$ per unit, the slope
  $-\gamma = \sum_c g_{wc} \delta_c$, with $g = (n + e)\,\sigma(s) - n$, and the row's own curvature
  $h = \sum_c q_{wc} \delta_c^2$ are computed exactly. The third derivative of the logistic loss is
  bounded by the second, so the curvature grows at most like $e^{t \Delta}$ with
  $\Delta = \max_c |\delta_c|$ (Bach 2010, "Self-concordant analysis for logistic regression",
  proposition 1), and

  $$\ell(t) \le \ell(0) - \gamma t + h\,(e^{t \Delta} - t \Delta - 1) / \Delta^2,$$

  The right-hand side is smallest at $t = \ln(1 + \gamma \Delta / h) / \Delta$. Near the optimum
  this is Newton's step $\gamma / h$; far from it, the step is shorter. No step can raise the
  objective, whatever the text.

The start matters for the speed and for the vectors. `starts.singular_vectors` takes the truncated
singular value decomposition of the positive PMI, with one dimension for the shift by ln k; where
columns are drawn, it takes that of the most frequent words alone and extends it to the others. The
objective depends only on the product of the tables. Of all tables with the same product, `fit`
returns those that share its singular values evenly (`factorization.vectors`).
"""

from jaxtext.training.counts.halves import Problem, problem, with_biases
from jaxtext.training.counts.newton import (
    block_gradient,
    gradient,
    improve,
    improve_contexts,
    loss,
)
from jaxtext.training.counts.passes import Report, State, cell_of, first_contexts, fit

__all__ = [
    "Problem",
    "Report",
    "State",
    "block_gradient",
    "cell_of",
    "first_contexts",
    "fit",
    "gradient",
    "improve",
    "improve_contexts",
    "loss",
    "problem",
    "with_biases",
]
