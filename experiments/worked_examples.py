"""Every worked example of the exercise sheet, with its intermediate values.

    python experiments/worked_examples.py

`jaxtext examples` does the same. Takes 4 seconds. Expect w_12^(2) = 0.964045 and w_22^(1) =
0.999282 after the update, 30 training pairs, 60,855,000 parameters, a cross entropy of 1.787056 for
(Frodo, ring), and scores that end at PMI - ln k.
"""

import tyro

from jaxtext.reports import scripts
from jaxtext.reports.worked_examples import Config, print_examples

if __name__ == "__main__":
    scripts.finish(print_examples, tyro.cli(Config, description=__doc__))
