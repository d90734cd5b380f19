"""`jaxtext examples`: the worked examples of the exercise sheet, step by step."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Examples:
    """Print every worked example of the exercise sheet with its intermediate values.

    Forward and backward pass of the 3-2-2 network and the update of its ten weights, the pairs of a
    sentence, a cross entropy, and the optimum of negative sampling.
    """

    # Learning rate of the update of the network.
    learning_rate: int | float = 1.0

    # Negative samples per pair (k) in the part on matrix factorization.
    negatives: int = 5


def examples(options: Examples) -> None:
    """Print the worked examples."""
    from jaxtext.reports.worked_examples import Config, print_examples

    print_examples(Config(options.learning_rate, options.negatives))
