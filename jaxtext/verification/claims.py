"""Every claim that the certificate checks: part by part those of the sheet, then those beyond."""

from functools import cache

import numpy as np

from jaxtext.verification import oracles
from jaxtext.verification.beyond import (
    approximation,
    cells,
    counted,
    definitions,
    drawing,
    evidence,
    geometry,
    least_loss,
    low_rank,
    nce,
    optimum,
    trainers,
    variants,
    worked,
)
from jaxtext.verification.findings import Claim, Finding
from jaxtext.verification.sheet import (
    backprop,
    factorization,
    networks,
    skipgram_basics,
    skipgram_training,
)
from jaxtext.verification.suites import suites

SECTIONS = [
    networks.SECTION,
    backprop.SECTION,
    skipgram_basics.SECTION,
    skipgram_training.SECTION,
    approximation.TRAINING_SECTION,
    factorization.SECTION,
    worked.SECTION,
    definitions.SECTION,
    optimum.SECTION,
    approximation.SECTION,
    nce.SECTION,
    variants.SECTION,
    least_loss.SECTION,
    geometry.SECTION,
    low_rank.SECTION,
    drawing.SECTION,
    trainers.SECTION,
    cells.SECTION,
    counted.SECTION,
    evidence.SECTION,
]


def claims() -> list[Claim]:
    """Return all claims, in the order of the sheet; their ids are unique."""
    return [*(claim for section in SECTIONS for claim in section.claims), *gradient_claims()]


def gradient_claims() -> list[Claim]:
    """Return one claim per oracle for each gradient derived by hand."""
    listed = []
    for suite in suites():
        measure = cache(lambda suite=suite: oracles.measure(suite))
        cases = sum(2 if case.rate else 1 for case in suite.cases)
        for oracle, bound in oracles.BOUNDS.items():

            def check(
                oracle: str = oracle, bound: float = bound, measure=measure, cases: int = cases
            ) -> Finding:
                worst = measure()[oracle]
                return Finding(
                    f"relative error {worst.relative:.1e} at {cases} points"
                    + (f", worst {worst.place}" if worst.relative > bound else ""),
                    # The verdict depends on the relative error; the absolute one is reported.
                    worst.absolute if worst.relative <= bound else np.inf,
                    np.finfo(float).max,
                )

            statement = f"{suite.statement}: by hand = {oracle.replace('-', ' ')}"
            listed.append(Claim(f"gradients.{suite.name}.{oracle}", statement, check))
    return listed
