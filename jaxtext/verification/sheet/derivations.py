r"""The sheet's derivations line by line: what each line gives as printed, and what it should give.

The values are those that the claims of this room check; here they are put beside the formulas, on
weights that are drawn at random, so that a wrong line shows. Formulas are in TeX.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jaxtext.models import pmi
from jaxtext.verification.findings import largest
from jaxtext.verification.sheet import backprop, examples, factorization, skipgram_training

NEGATIVES = 5  # k of the last two derivations
OFF = 1e-6  # what is further off than this is not rounding


class Line(NamedTuple):
    """A line of a derivation: its formula, its value as printed, and the value that is right.

    A line that has to be corrected has the formula that is right too, and a note about it.
    """

    formula: str
    value: float
    exact: float
    right: str = ""
    note: str = ""
    resolution: float = OFF

    @property
    def is_off(self) -> bool:
        """Whether the value is not the right one."""
        return not largest(self.value, self.exact) <= self.resolution


class Derivation(NamedTuple):
    """A derivation of the sheet; `values` names both values of its lines."""

    title: str
    values: tuple[str, str]
    lines: list[Line]

    @property
    def first_wrong(self) -> int | None:
        """The place of the first line that is not right."""
        wrong = (place for place, line in enumerate(self.lines) if line.right or line.is_off)
        return next(wrong, None)


EXACT = ("as printed", "by autodiff")


def logistic_derivative(seed: int) -> Derivation:
    """Return the derivation of sigma' (backpropagation, b), at a random x."""
    x = np.random.default_rng(seed).normal(size=1)
    exact = float(backprop.logistic_slope(x)[0])
    formulas = [
        r"-\frac{1}{(1 + e^{-x})^2} \cdot \frac{d(1 + e^{-x})}{dx}",
        r"-\frac{1}{(1 + e^{-x})^2} \cdot (e^{-x}) \cdot \frac{d(-x)}{dx}",
        r"\frac{1}{(1 + e^{-x})^2} \cdot (e^{-x})",
        r"\frac{e^{-x}}{(1 + e^{-x})^2}",
        r"\frac{1 + e^{-x}}{(1 + e^{-x})^2} - \frac{1}{(1 + e^{-x})^2}",
        r"\frac{1}{1 + e^{-x}} - \frac{1}{(1 + e^{-x})^2}",
        r"\sigma(x) - \sigma(x)^2",
        r"\sigma(x) \cdot (1 - \sigma(x))",
    ]
    values = [float(value[0]) for value in backprop.logistic_lines(x)]
    lines = [Line(f"= {f}", value, exact) for f, value in zip(formulas, values, strict=True)]
    return Derivation(rf"$\sigma'(x)$ at $x = {x[0]:.3f}$", EXACT, lines)


def output_weight(seed: int) -> Derivation:
    r"""Return the derivation of dL/dw_12^(2) (backpropagation, c.i.2), on random weights."""
    toy = backprop.Toy(seed)
    error, w = r"(t_{e,2} - y_{e,2})", r"\partial w_{1,2}^{(2)}"
    slope = r"y_{e,2} (1 - y_{e,2})"
    mean = r"-\frac{1}{N} \sum_{e=1}^N"
    both = (
        rf"(t_{{e,1}} - y_{{e,1}}) \frac{{\partial y_{{e,1}}}}{{{w}}} + "
        rf"{error} \frac{{\partial y_{{e,2}}}}{{{w}}}"
    )
    squares = rf"\frac{{1}}{{2N}} \sum_{{e=1}}^N \sum_{{l=1}}^2 \frac{{\partial}}{{{w}}} "
    squares += r"(t_{e,l} - y_{e,l})^2"
    formulas = [
        f"-{squares}",
        rf"{mean} \left( (-1) {both} \right)",
        rf"{mean} {error} \frac{{\partial y_{{e,2}}}}{{{w}}}",
        rf"{mean} {error}\, {slope}\, \frac{{\partial (w_{{1,2}}^{{(2)}} h_1 + "
        rf"w_{{2,2}}^{{(2)}} h_2)}}{{{w}}}",
        rf"{mean} {error}\, {slope}\, h_1",
        rf"{mean} \delta_{{e,2}}\, h_1",
    ]
    corrections = {
        0: (squares, "the sign of the loss"),
        1: (
            rf"{mean} \left( {both} \right)",
            r"$(-1)$ in both terms or in none; the first is 0 here",
        ),
    }
    values = backprop.output_weight_lines(toy)
    return _chain(
        r"$\partial L / \partial w_{1,2}^{(2)}$ on random weights",
        formulas, values, float(toy.dL[2][0, 1]), corrections,
    )  # fmt: skip


def hidden_weight(seed: int) -> Derivation:
    r"""Return the derivation of dL/dw_22^(1) (backpropagation, c.i.4), on random weights."""
    toy = backprop.Toy(seed)
    w, mean = r"\partial w_{2,2}^{(1)}", r"-\frac{1}{N} \sum_{e=1}^N"
    squares = rf"\sum_{{l=START}}^2 \frac{{\partial}}{{{w}}} (t_{{e,l}} - y_{{e,l}})^2"
    squares = r"\frac{1}{2N} \sum_{e=1}^N " + squares
    slope = r"h_2 (1 - h_2)\, x_2"

    def both(first: str, second: str) -> str:
        return rf"{mean} \left( {first} + {second} \right)"

    def error(unit: int) -> str:
        y = rf"y_{{e,{unit}}}"
        return rf"(t_{{e,{unit}}} - {y}) \frac{{\partial {y}}}{{{w}}}"

    def inner(unit: int, terms: str) -> str:
        return rf"\delta_{{e,{unit}}} \frac{{\partial {terms.replace('l', str(unit))}}}{{{w}}}"

    whole, part = r"(w_{1,l}^{(2)} h_1 + w_{2,l}^{(2)} h_2)", r"w_{2,l}^{(2)} h_2"
    formulas = [
        "-" + squares.replace("START", "2"),
        both(error(1), error(2)),
        both(inner(1, whole), inner(2, whole)),
        both(inner(1, part), inner(2, part)),
        both(*(rf"\delta_{{e,{k}}} w_{{2,{k}}}^{{(2)}} {slope}" for k in (1, 2))),
        rf"{mean} {slope} \sum_{{l=1}}^2 \delta_{{e,l}}\, w_{{2,l}}^{{(2)}}",
    ]
    note = "the sign of the loss; both outputs depend on this weight"
    return _chain(
        r"$\partial L / \partial w_{2,2}^{(1)}$ on random weights",
        formulas, backprop.hidden_weight_lines(toy), float(toy.dL[1][1, 1]),
        {0: (squares.replace("START", "1"), note)},
    )  # fmt: skip


def cross_entropy() -> Derivation:
    """Return the loss of (Frodo, ring) (skip-gram training, b.2), on the sheet's own tables."""
    values = skipgram_training.cross_entropy_lines()
    logits, powers = skipgram_training.LOGITS, skipgram_training.EXPONENTIALS
    frodo, ring, v = (rf"\mathbf{{w}}_{{{name}}}" for name in ("Frodo", "ring", "v"))
    context, others = rf"{ring}'^{{\,T}}", r"\mathbf{w}_v'^{\,T}"
    fraction = r"-\ln \frac{\exp(RING FRODO)}{\sum_{v \in V} \exp(OTHER FRODO)}"
    difference = r"-RING FRODO + \ln \sum_{v \in V} \exp(OTHER FRODO)"

    def filled(formula: str, of_ring: str, of_others: str) -> str:
        formula = formula.replace("RING", of_ring).replace("OTHER", of_others)
        return formula.replace("FRODO", frodo)

    sums = " + ".join(f"{power:.2f}" for power in powers)
    logit = f"-{logits[skipgram_training.RING]}"
    log_sum = skipgram_training.LOG_SUM
    total = values[0] + logits[skipgram_training.RING]
    ring_power = np.exp(logits[skipgram_training.RING])
    first, *rest = (f"{power:.2f}" for power in powers)
    terms = " + ".join([first, rest[0], f"{ring_power:.2f}", *rest[1:]])
    formulas = [
        r"-\ln p(\mathrm{ring} \mid \mathrm{Frodo})",
        filled(fraction, rf"{ring}^T", rf"{v}^T"),
        filled(difference, rf"{ring}^T", rf"{v}^T"),
        rf"{logit} + \ln(\exp({logits[0]}) + \ldots + \exp({logits[-1]}))",
        rf"{logit} + \ln({sums})",
        rf"{logit} + {log_sum}",
        f"{values[-1]:.2f}",
    ]
    rows = "rows of $W'$, not of $W$"
    corrections = {
        1: (filled(fraction, context, others), rows),
        2: (filled(difference, context, others), rows),
        4: (rf"{logit} + \ln({terms})", "the term of ring itself is missing"),
        5: (rf"{logit} + {total:.2f}", ""),
        6: (f"{values[0]:.2f}", ""),
    }
    found = _chain("Loss of (Frodo, ring)", formulas, values, values[0], corrections)
    lines = [line._replace(resolution=0.006) for line in found.lines]  # it rounds to two digits
    return found._replace(values=("as printed", "exact"), lines=lines)


def objectives(seed: int) -> Derivation:
    """Return equations (1) to (4) (matrix factorization, a and b), on random vectors."""
    params, k = examples.random_tables(seed), 3
    scores = np.asarray(params.center @ params.context.T)
    drawn = np.random.default_rng(seed).integers(0, factorization.V, k).tolist()
    values = factorization.printed_objectives(scores, k, drawn)
    exact = factorization.right_objectives(params, k, drawn)
    positive = r"\log \sigma(\mathbf{w}_w^T \mathbf{w}_c)"
    negative = r"\log(-\mathbf{w}_w^T \mathbf{w}_i)"
    share = r"\sum_{i \in V} \frac{\#(i)}{|V|}"
    formulas = [
        rf"{positive} + \sum_{{i=1}}^k {negative}",
        rf"{positive} + k\, E_{{i \sim P}} [{negative}]",
        rf"{positive} + k\, {share} {negative}",
        rf"\sum_{{w, c \in V}} \#(w, c) \left( {positive} + k\, {share} {negative} \right)",
    ]
    notes = ["a sigma is missing", "", r"$|D|$ for $|V|$", ""]
    lines = []
    for formula, value, best, note in zip(formulas, values, exact, notes, strict=True):
        right = formula.replace(r"\log(-", r"\log \sigma(-").replace("|V|", "|D|")
        lines.append(Line(f"L = {formula}", value, best, f"= {right}", note))
    title = rf"Equations (1) to (4) on random vectors, $k = {k}$"
    return Derivation(title, ("as printed", "right"), lines)


def score_gradient(seed: int) -> Derivation:
    """Return the derivation of dL/d(w.c) (matrix factorization, c.1), at random scores."""
    size, cell = factorization.V, (1, 3)
    s = np.random.default_rng(seed).normal(size=(size, size))
    values = factorization.objective_lines(s, NEGATIVES, size)
    values += factorization.gradient_lines(s, NEGATIVES, size)
    exact = factorization.score_slope(s, NEGATIVES, factorization.PAIRS)
    score, share = r"\partial s_{wc}", r"k\, \#(w) \frac{\#(c)}{|V|}"
    pairs, sums = r"\sum_{w', c'} \#(w', c')", r"\sum_{i \in V} \frac{\#(i)}{|V|}"
    positive = rf"\frac{{\partial \log \sigma(s_{{w'c'}})}}{{{score}}}"
    negative = rf"\frac{{\partial \log \sigma(-s_{{w'i}})}}{{{score}}}"
    product = r"\sigma(s) (1 - \sigma(s))"
    formulas = [
        rf"{pairs} \left( {positive} + k {sums} {negative} \right)",
        rf"{pairs} {positive} + k \sum_{{w'}} \#(w') {sums} {negative}",
        rf"\#(w, c) \frac{{\partial \log \sigma(s)}}{{\partial s}} + {share} "
        r"\frac{1}{\sigma(-s)} \frac{\partial (1 - \sigma(s))}{\partial s}",
        rf"\#(w, c) \frac{{{product}}}{{\sigma(s)}} - {share} \frac{{{product}}}{{\sigma(-s)}}",
        rf"\#(w, c)\, \sigma(-s) - {share} \sigma(s)",
    ]
    right = {0: (formulas[0].replace("|V|", "|D|"), TOTAL)}
    at = [float(value[cell]) for value in values]
    title = rf"$\partial L / \partial s_{{wc}}$ at random scores $s = w \cdot c$, $k = {NEGATIVES}$"
    return _chain(title, formulas, at, float(exact[cell]), right)


def score_optimum() -> Derivation:
    """Return the solution for the best score (matrix factorization, c.2), of a cell that occurs."""
    cell, total = (1, 3), factorization.V
    best = pmi.shifted_pmi(factorization.COUNTS, NEGATIVES)
    sides = factorization.solution_lines(best, NEGATIVES, total)
    ratio = r"\frac{1}{k} \frac{\#(w, c)\, |V|}{\#(w)\, \#(c)}"
    formulas = [
        r"\#(w, c)\, \sigma(-x) = k\, \#(w) \frac{\#(c)}{|V|} \sigma(x)",
        rf"\frac{{\sigma(x)}}{{1 - \sigma(x)}} = {ratio}",
        rf"\frac{{1 + e^{{-x}}}}{{e^{{-x}} (1 + e^{{-x}})}} = {ratio}",
        rf"e^x = {ratio}",
        rf"x = \ln \left( {ratio} \right)",
        r"w \cdot c = \ln \left( \frac{\#(w, c)\, |V|}{\#(w)\, \#(c)} \right) - \ln k",
    ]
    lines = [
        Line(formula, float(right[cell]), float(left[cell]))
        for formula, (left, right) in zip(formulas, sides, strict=True)
    ]
    lines[0] = lines[0]._replace(right=formulas[0].replace("|V|", "|D|"), note=TOTAL)
    title = rf"The best score of a pair, $x = w \cdot c$, $k = {NEGATIVES}$"
    return Derivation(title, ("right side", "left side"), lines)


TOTAL = r"$|D|$, the number of pairs, for $|V|$, and so below"


def _chain(
    title: str,
    formulas: Sequence[str],
    values: Sequence[float],
    exact: float,
    corrections: dict[int, tuple[str, str]],
) -> Derivation:
    """Return a derivation of which every line should have the same value."""
    lines = []
    for place, (formula, value) in enumerate(zip(formulas, values, strict=True)):
        right, note = corrections.get(place, ("", ""))
        lines.append(Line(f"= {formula}", float(value), exact, f"= {right}" if right else "", note))
    return Derivation(title, EXACT, lines)
