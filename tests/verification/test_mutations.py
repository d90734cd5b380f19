"""The package broken on purpose, one line at a time: the certificate notices each break.

A mutation replaces a piece of a function's source, or a constant, wherever the package has it.
Gradients have mutations of their own in `test_gradients.py`.
"""

import importlib
import inspect
import sys
from typing import NamedTuple

import jax
import pytest

from jaxtext.verification.claims import SECTIONS
from jaxtext.verification.findings import FAILS, examine


class Mutation(NamedTuple):
    """A function with a piece of its source and another piece, and the checks that should notice.

    `function` may be a constant; `new` is then its value, and `old` is empty.
    """

    module: str  # in jaxtext
    function: str
    old: str
    new: object
    ids: str  # prefixes of the checks that are run, with spaces between


SAMPLING, WINDOWS, COUNTS = "training.sampling", "text.windows", "text.cooccurrence"
FEED, PLAN, BLOCK, LOOP, STEPS, COMBINE, ROUNDS = (
    f"training.stream.{name}"
    for name in ("feed", "plan", "block", "loop", "steps", "combine", "rounds")
)
NEWTON, PASSES = "training.counts.newton", "training.counts.passes"
HALVES, DRAWN, OBSERVED, COLUMNS = (
    f"training.counts.{name}" for name in ("halves", "drawn", "observed", "columns")
)
STARTS, OBJECTIVE, COUNTING = "training.starts", "models.objective", "training.counting"
GAP_SUMS, ACCELERATORS = "evaluation.gap_sums", "training.accelerators"
PMI, FACTORS, GAP, MLP = "models.pmi", "models.factorization", "evaluation.gap", "models.mlp"
STREAM, PHRASES = "trainers.stream", "text.phrases"
ROWS, CHANGE, ASSOCIATION = "training.counts.rows", "evaluation.change", "evaluation.association"
M = Mutation
MUTATIONS = [
    # Subsampling, noise and negatives.
    M(SAMPLING, "keep_probability", "np.sqrt(ratio) + ratio", "np.sqrt(ratio)",
      "trainers.subsampling"),
    M(SAMPLING, "keep_probability", "np.sqrt(ratio) + ratio", "ratio", "trainers.subsampling"),
    M(SAMPLING, "keep_probability", "counts.sum()", "counts.max()", "trainers.subsampling"),
    M(SAMPLING, "keep_probability", "if threshold == 0", "if True", "trainers.subsampling"),
    M(SAMPLING, "keep_probability", "if threshold == 0", "if False", "trainers.subsampling"),
    M(SAMPLING, "noise_distribution", "** exponent", "** 1.0", "trainers.sampler"),
    M(SAMPLING, "noise_distribution", "** exponent", "** 0.75", "trainers.sampler"),
    M(SAMPLING, "noise_distribution", "** exponent", "** -exponent", "trainers.sampler"),
    M(SAMPLING, "noise_distribution", "/ weights.sum()", "/ weights.max()", "trainers.sampler"),
    M(SAMPLING, "noise_cdf", "np.cumsum(noise)", "np.cumsum(np.sort(noise))", "trainers.sampler"),
    M(SAMPLING, "noise_cdf", "cumulative / cumulative[-1]",
      "np.float64(np.float32(cumulative / cumulative[-1]))", "trainers.sampler"),
    M(SAMPLING, "sample_negatives", "jax.random.bits(key, shape, jnp.uint32)",
      "jnp.broadcast_to(jax.random.bits(key, (shape[0], 1), jnp.uint32), shape)",
      "trainers.sampler"),
    M(SAMPLING, "sample_negatives", "jax.random.bits(key, shape, jnp.uint32)",
      "jnp.broadcast_to(jax.random.bits(key, (1, shape[1]), jnp.uint32), shape)",
      "trainers.sampler"),
    M(SAMPLING, "sample_negatives", 'jnp.searchsorted(jnp.asarray(cdf), bits, side="right")',
      "(bits % jnp.uint32(cdf.shape[0])).astype(jnp.int32)", "trainers.sampler"),
    M(SAMPLING, "sample_negatives", "jax.random.bits(key,", "jax.random.bits(jax.random.key(0),",
      "trainers.sampler"),
    M("text.cooccurrence", "thinned", "< keep[ids]", "< keep[ids] ** 0.5",
      "trainers.subsampling"),
    M("text.cooccurrence", "thinned", "np.cumsum(kept)[kept > 0]", "np.cumsum(kept)[-1:]",
      "trainers.subsampling"),
    # Windows and the stream of tokens.
    M(WINDOWS, "pairs", "max(t - window, 0)", "t", "definitions.pairs"),
    M(WINDOWS, "pairs", "t + window + 1", "t + window", "definitions.pairs"),
    M(WINDOWS, "subsampled_stream", "rng.integers(1, window + 1, len(ids), dtype=np.int16)",
      "np.full(len(ids), window, np.int16)", "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "rng.integers(1,", "rng.integers(0,", "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "rng.integers(1, window + 1",
      "rng.integers(1, max(window, 2)", "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "rng.integers(1, window + 1, len(ids), dtype=np.int16)",
      "np.full(len(ids), rng.integers(1, window + 1), np.int16)", "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "np.minimum(before, reach)",
      "np.minimum(np.arange(len(ids)), reach)", "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "np.minimum(after, reach)",
      "np.minimum(len(ids) - 1 - np.arange(len(ids)), reach)", "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "np.minimum(after, reach)",
      "np.minimum(after, rng.permutation(reach))", "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "np.minimum(after, reach)", "0 * np.minimum(after, reach)",
      "trainers.windows"),
    M(WINDOWS, "subsampled_stream", "< keep[ids]", "< 1", "trainers.subsampling"),
    M(WINDOWS, "subsampled_stream", "< keep[ids]", ">= keep[ids]", "trainers.subsampling"),
    M(WINDOWS, "subsampled_stream", "np.flatnonzero(stays)", "np.arange(stays.sum())",
      "trainers.subsampling"),
    M(WINDOWS, "spans", 'side="right"', 'side="left"', "trainers.windows"),
    M(WINDOWS, "spans", "min(start + size, total)", "total", "trainers.windows"),
    M(FEED, "chunks", "[*seed, epoch, which]", "[*seed, which]", "trainers.windows"),
    M(FEED, "chunks", "len(text.ids)), keep, window", "len(text.ids)), np.ones_like(keep), window",
      "trainers.windows"),
    M(FEED, "chunks", "keep, window, rng", "keep, 1, rng", "trainers.windows"),
    M(FEED, "chunks", "planned.tokens] / total", "planned.tokens] / (2 * total)",
      "trainers.windows"),
    M(FEED, "chunks", "range(first, epochs *", "range(first, 1 *", "trainers.windows"),
    M(FEED, "chunks", "np.pad(side, (0, short))", "np.pad(side, (short, 0))",
      "trainers.windows"),
    M(PLAN, "occurrences", "counts[inverse]", "np.ones_like(counts)[inverse]",
      "trainers.windows"),
    M("training.settings", "epochs_of", "math.sqrt(1e6 /", "(1e6 /", "trainers.windows.passes"),
    M("training.settings", "epochs_of", "ROWS // vocab_size", "ROWS", "trainers.windows.passes"),
    # The stream's plan, step and training.
    M(PLAN, "MAX_ROW_STEP", "", 30.0, "trainers.stream.plan"),
    M(PLAN, "MIN_MEAN_DAMPING", "", 0.0, "trainers.stream.plan"),
    M(PLAN, "plan", "keep_probability(counts, config.subsample)", "np.ones(len(counts))",
      "trainers.stream.plan"),
    M(PLAN, "plan", "config.noise_exponent", "0.75", "trainers.stream.plan"),
    M(PLAN, "plan", "min(1.0, MAX_CENTER_NEGATIVES / (config.negatives * pairs))", "1.0",
      "trainers.stream.plan"),
    M(PLAN, "plan", "round(0.8 * config.negatives)", "0", "trainers.stream.plan"),
    M(PLAN, "damping", "(window + 1)", "window", "trainers.stream.step"),
    M(PLAN, "damping", "jnp.minimum(1.0,", "jnp.maximum(1.0,", "trainers.stream.step"),
    M(STEPS, "advance", "-rate, rows", "rate, rows", "trainers.stream.step"),
    M(STEPS, "advance", "config.negatives, -rate", "1, -rate", "trainers.stream.step"),
    M(STEPS, "advance", "config.negatives, -rate", "planned.shared, -rate",
      "trainers.stream.step"),
    M(STEPS, "advance", "-rate, rows", "-rate", "trainers.stream.step"),
    M(STEPS, "advance", "RowScale(context[config.window : -config.window], context)",
      "RowScale(0 * context[config.window : -config.window] + 1, context)",
      "trainers.stream.step"),
    M(STEPS, "advance", "jnp.maximum(1 - jnp.asarray(chunk.progress, dtype), FINAL_RATE)",
      "jnp.ones(chunk.progress.shape, dtype)", "trainers.stream.step"),
    M(STEPS, "FINAL_RATE", "", 0.1, "trainers.stream.step"),
    M(STEPS, "_blocks", "Block(ids, left, right, negatives)", "Block(ids, right, left, negatives)",
      "trainers.stream.step"),
    M(STEPS, "_blocks", "sample_negatives(key, cdf, (len(chunk.ids), shared))",
      "0 * sample_negatives(key, cdf, (len(chunk.ids), 1)) + sample_negatives("
      "jax.random.clone(key), cdf, (1, shared))", "trainers.stream.step"),
    M(BLOCK, "block_gradient", "scale * negatives / len(n)", "scale * negatives",
      "trainers.stream.step"),
    M(BLOCK, "block_gradient", "h_t @ w)", "-(h_t @ w))", "trainers.stream.step"),
    M(BLOCK, "block_gradient", "[block.ids, block.negatives]", "[block.ids, block.negatives[::-1]]",
      "trainers.stream.step"),
    M(BLOCK, "_window_mask", ">=", ">", "trainers.stream.step"),
    M(BLOCK, "add_rows", "rows.center_ids, rows.center)", "rows.center_ids, -rows.center)",
      "trainers.stream.step"),
    M(ACCELERATORS, "added", "].add(rows)", "].set(table[ids] + rows)", "trainers.stream.step"),
    M(BLOCK, "block_loss", "negatives / len(n) * negative", "negative", "definitions.stream"),
    M(BLOCK, "block_loss", "-(pairs @ ", "-((0 * pairs + 1) @ ", "definitions.stream"),
    M(STEPS, "compiled_probe", "loss.sum() / jnp.maximum(pairs.sum(), 1)", "loss.mean()",
      "trainers.stream.fit"),
    M(LOOP, "fit", "config.noise_exponent", "1.0", "trainers.stream.fit"),
    M(LOOP, "fit", "config.noise_exponent", "0.75", "trainers.stream.fit"),
    M(LOOP, "fit", "keep_probability(counts, config.subsample)", "np.ones(len(counts))",
      "trainers.stream.fit"),
    M(LOOP, "fit", "if start is None else start", "", "trainers.stream.fit"),
    M(LOOP, "_Clock", "rate *= max(1 - done, FINAL_RATE)", "rate *= 1", "trainers.stream.fit"),
    M(COMBINE, "combined", "_kept(both, b) * b", "b", "trainers.stream.combine"),
    M(COMBINE, "combined", "(a * b).sum(-1", "0 * (a * b).sum(-1", "trainers.stream.combine"),
    M(COMBINE, "_kept", "(2 * jnp", "(1 * jnp", "trainers.stream.combine"),
    M(COMBINE, "_kept", "square > 0, square, 1", "square > 1, square, 1",
      "trainers.stream.combine"),
    M(COMBINE, "tree", "range(0, len(changes) - 1, 2)", "range(0, 2, 2)",
      "trainers.stream.rounds"),
    M(ROUNDS, "joined_table", "rows + tree", "tree", "trainers.stream.rounds"),
    M(ROUNDS, "joined_table", "[other - rows for other in others]", "others",
      "trainers.stream.rounds"),
    M(ROUNDS, "joined_table", "-(-words // ROWS)", "words // ROWS",
      "trainers.stream.rounds"),
    # Passes over counts.
    M(HALVES, "problem", "noise, negatives)\n    by_center", "noise, 1)\n    by_center",
      "trainers.counts"),
    M(HALVES, "problem", "rows.sums(", "rows.column_sums(", "trainers.counts"),
    M(NEWTON, "block_gradient", "columns.T, counts", "columns.T, jnp.minimum(counts, 1)",
      "trainers.counts.loss"),
    M(NEWTON, "block_gradient", "g @ columns", "-(g @ columns)", "trainers.counts.loss"),
    M(NEWTON, "block_gradient", "weight[:, None] *", "", "trainers.counts.loss"),
    M(NEWTON, "gradient", "reduce(operator.add, context)", "0 * context[0]",
      "trainers.counts.loss"),
    M(NEWTON, "_losses", "cell.value(scores", "cell.value(-scores", "trainers.counts.loss"),
    M(NEWTON, "_losses", "counts, expected))", "counts, 0 * expected))", "trainers.counts.loss"),
    M(NEWTON, "_block_step", "-(slope * direction)", "(slope * direction)", "trainers.counts.step"),
    M(NEWTON, "_block_step", "cell.derivative(scores, counts",
      "cell.derivative(scores, jnp.minimum(counts, 1)", "trainers.counts.step"),
    M(NEWTON, "_at_best", "weight[:, None] *", "", "trainers.counts.step"),
    M(NEWTON, "_at_best", "cell.shift(weight, background) - top", "top", "cells.softmax"),
    M(NEWTON, "_losses", "losses - cell.constant(weight)", "losses", "cells.softmax"),
    M(NEWTON, "end", "step.rows + length", "step.rows + 2 * length", "trainers.counts.step"),
    # Drawn columns.
    M(COLUMNS, "drawn", "1 / chance", "chance / chance", "cells.drawn"),
    M(DRAWN, "_divided", "part(~mine", "part(mine", "cells.drawn"),
    M(DRAWN, "_divided", "(found.data[chosen]", "(0 * found.data[chosen]", "cells.drawn"),
    M(DRAWN, "_chosen", "np.ones(len(cells.frequent))", "2 * np.ones(len(cells.frequent))",
      "cells.drawn"),
    M(DRAWN, "_begin", "whole.other[ids] * weights", "whole.other[ids]", "cells.drawn"),
    M(DRAWN, "_begin", "biases[ids]", "biases[: len(ids)]", "cells.drawn"),
    M(DRAWN, "_steps", "(begun.slope)", "(0 * begun.slope)", "cells.drawn"),
    M(DRAWN, "loss", "found.losses + begun.losses_at(found.shift)", "found.losses",
      "cells.drawn"),
    M(DRAWN, "loss", "found.shift", "0 * found.shift", "cells.drawn"),
    M(OBSERVED, "_slopes", "g[:, None] @ gathered", "-g[:, None] @ gathered", "cells.drawn"),
    M(OBSERVED, "_tiles", "counts.data[begin:end]", "np.ones(end - begin)", "cells.drawn"),
    M(NEWTON, "step_length", "jnp.log1p(reach * fall / bend)", "reach * fall / bend",
      "trainers.counts.step"),
    M(NEWTON, "FARTHEST", "", 3.0, "trainers.counts.step"),
    M(NEWTON, "JITTER", "", 0.1, "trainers.counts.step"),
    M(NEWTON, "_inverse_curvature", "cell.curvature(scores, counts, ", "(counts + ",
      "trainers.counts.step"),
    M(NEWTON, "_inverse_curvature", "/ jnp.maximum(row_sums(q), tiny)[:, None]", "",
      "trainers.counts.step"),
    M(NEWTON, "improve",
      "improve_contexts(EmbeddingParams(center, context), problem, own_curvature)",
      "EmbeddingParams(center, context)", "trainers.counts.step"),
    M(HALVES, "halves", "problem.by_context", "problem.by_center", "trainers.counts.step"),
    M(HALVES, "halves", "problem.by_context, rows.own(noise), weight",
      "problem.by_context, rows.own(weight), noise",
      "trainers.counts.step"),
    M(HALVES, "oriented", "return vectors @ r.T, q", "return vectors @ r, q",
      "trainers.counts.step"),
    M("models.cells", "probability", "small * large * large", "small * large",
      "trainers.counts.step"),
    M(PASSES, "fit", "factorization.vectors(factorization.product_svd(params))", "params",
      "trainers.counts.vectors"),
    M(PASSES, "fit", "total / pairs", "total", "trainers.counts.vectors"),
    M("training.methods", "POWER", "", 0.5, "trainers.counts.vectors"),
    # Counts of pairs, and what is minimised.
    M(COUNTS, "weighted", "counts.data / window if dynamic", "counts.data if dynamic",
      "trainers.cooccurrence"),
    M(COUNTS, "weighted", " * keep[counts.indices]", "", "trainers.cooccurrence"),
    M(COUNTS, "whole_counts", "if centers is None else", "if True else", "trainers.cooccurrence"),
    M(COUNTS, "_by_cells", "(window + 1 - distance)", "(window - distance)",
      "trainers.cooccurrence"),
    M(COUNTS, "_by_cells", "distances.tolist()", "distances[::-1].tolist()",
      "trainers.cooccurrence"),
    M(COUNTS, "_by_sorting", "window + 1 - (keys", "window - (keys", "trainers.cooccurrence"),
    M(COUNTS, "_padded", "window * np.arange(1, len(ends) + 1)",
      "window * np.ones(len(ends), np.int64)", "trainers.cooccurrence"),
    M(COUNTS, "_sides", "places + 1]", "places]", "trainers.cooccurrence"),
    M(COUNTING, "shared", '{"dynamic": True', '{"dynamic": False', "trainers.objective"),
    M(COUNTING, "shared", "len(vocab), method.window", "len(vocab), 1", "trainers.objective"),
    M(COUNTING, "shared", "keep=weights", "keep=None", "trainers.objective"),
    M(COUNTING, "thinned", "if not method.subsample", "if True", "trainers.objective"),
    M(COUNTING, "shared", "else vocab.counts, exponent)", "else vocab.counts, 1.0)",
      "trainers.objective"),
    M(COUNTING, "shared", "pairs if isinstance(method, Svd)", "keep if isinstance(method, Svd)",
      "trainers.objective"),
    M(OBJECTIVE, "expected", "objective.negatives)", "1)", "trainers.gap"),
    M(OBJECTIVE, "expected", "sum(axis=1)", "sum(axis=0)", "trainers.gap"),
    M(OBJECTIVE, "optimum", "- np.log(expected", "+ np.log(expected", "trainers.gap.optimum"),
    M(GAP_SUMS, "_losses", "cell.value(best, n, e)", "cell.value(-best, n, e)", "trainers.gap"),
    M(GAP_SUMS, "measure_block", "parts[1] += ", "parts[1] += 0 * ", "trainers.gap.sums"),
    M(GAP_SUMS, "_losses", "jnp.log(n) - jnp.log(e)", "jnp.log(n)", "trainers.gap.sums"),
    M(GAP_SUMS, "measure_block", "weights[:, None] * into", "1.0 * into", "trainers.gap.sums"),
    M(GAP_SUMS, "measure_block", "products @ (once * n)", "products @ once", "trainers.gap.sums"),
    M(GAP_SUMS, "measure_block", "x * bins + y", "y * bins + x", "trainers.gap.sums"),
    M(GAP, "_correlation", "(xx - x * x)", "xx", "trainers.gap.sums"),
    M(GAP_SUMS, "_farthest", "-far.excess", "far.excess", "trainers.gap.sums"),
    M(GAP, "draw_centers", "np.sqrt(sizes)", "1.0 * sizes", "trainers.gap.sample"),
    M(GAP, "draw_centers", "1 / chance)", "0 * chance + 1)", "trainers.gap.sample"),
    # PMI and its factors.
    M(PMI, "of_part", "values -= np.repeat", "values += np.repeat", "trainers.pmi"),
    M(PMI, "of_part", "of_contexts[counts.indices]", "of_contexts[0]", "trainers.pmi"),
    M(PMI, "pmi", "_log_shares(columns, exponent)", "_log_shares(columns, 1.0)", "trainers.pmi"),
    M(PMI, "pmi", " - np.log(rows)[:, None]", "", "trainers.pmi"),
    M(PMI, "pmi", "np.where(matrix > 0, scores, -np.inf)", "np.maximum(scores, -9)",
      "trainers.pmi"),
    M(PHRASES, "npmi", "/ surprise", "", "trainers.pmi.phrases"),
    M(PHRASES, "npmi", "- np.log(right)", "- np.log(left)", "trainers.pmi.phrases"),
    M(PHRASES, "ratio", "/ left / right", "/ left / left", "trainers.pmi.phrases"),
    M(PMI, "_log_shares", "- np.log(np.exp(logs - most).sum())", "", "trainers.pmi"),
    # Evidence.
    M(ROWS, "_centers", "negatives * pairs[todo]", "pairs[todo]", "evidence.contexts.fixed"),
    M(ROWS, "influences", "return -(g", "return (g", "evidence.contexts.influence"),
    M(ROWS, "inverse_root", "np.sqrt(values[bends])", "values[bends]",
      "evidence.contexts.influence"),
    M(ROWS, "slopes", "weight.sum() * noise", "noise", "evidence.contexts.influence"),
    M(ROWS, "slopes", "(p - 1)[:, None]", "p[:, None]", "evidence.contexts.influence"),
    M(CHANGE, "procrustes", "left @ right", "(left @ right).T", "evidence.procrustes"),
    M(CHANGE, "procrustes", "return left @ right", "return np.eye(len(left))",
      "evidence.procrustes"),
    M(ASSOCIATION, "effect_size", "ddof=1", "ddof=0", "evidence.association"),
    M(ASSOCIATION, "p_value", ">= least", "> least + 1e-6", "evidence.association"),
    M(PMI, "shifted_pmi", "scores.data - np.log(negatives)", "scores.data + np.log(negatives)",
      "trainers.pmi"),
    M(PMI, "shifted_pmi", "return scores - np.log(negatives)", "return scores", "trainers.pmi"),
    M(PMI, "shifted_pmi", "pmi(counts, exponent)", "pmi(counts)", "trainers.pmi"),
    M(PMI, "positive", "np.maximum(matrix.data, 0.0)", "np.abs(matrix.data)", "trainers.pmi"),
    M(PMI, "positive", "np.maximum(np.asarray(scores), 0.0)", "np.asarray(scores)",
      "trainers.pmi"),
    M(FACTORS, "vectors", "svd.values**power", "svd.values**0.5", "trainers.factorization"),
    M(FACTORS, "vectors", "svd.values**power", "svd.values", "trainers.factorization"),
    M(FACTORS, "vectors", "1 - power", "power", "trainers.factorization"),
    M(FACTORS, "vectors", "if context_power is None", "if True", "trainers.factorization"),
    M(FACTORS, "truncated_svd", "np.argsort(-s", "np.argsort(s", "trainers.factorization"),
    M(FACTORS, "_with_signs", "v * signs", "v", "trainers.factorization"),
    M(FACTORS, "product_svd", "left.R @ right.R.T", "right.R @ left.R.T",
      "trainers.factorization"),
    M("training.svd", "POWER", "", 0.5, "trainers.svd"),
    M("training.svd", "positive_pmi", "objective.negatives", "1", "trainers.svd"),
    M("training.svd", "fit", "positive_pmi(objective, exponent, rows)", "positive_pmi(objective)",
      "trainers.svd"),
    # First tables and networks.
    M(STARTS, "singular_vectors", "-math.log(negatives)", "math.log(negatives)",
      "trainers.init.singular"),
    M(STARTS, "singular_vectors", "jnp.where(paired, level, 0.0)",
      "level", "trainers.init.singular"),
    M(STARTS, "random", "1 / math.sqrt(dim)", "1 / dim", "trainers.init.counts"),
    M(STARTS, "random", "jax.random.split(key)", "jax.random.clone(key), key",
      "trainers.init.counts"),
    M(STARTS, "given", "rows[places[known]]", "rows[: known.sum()]", "trainers.init.given"),
    M(STARTS, "given", "vectors.context)", "vectors.center)", "trainers.init.given"),
    M("models.sgns", "init", "minval=-0.5 / dim, maxval=0.5 / dim",
      "minval=-1 / dim, maxval=1 / dim", "trainers.init.tables"),
    M("models.sgns", "init", "minval=-0.5 / dim", "minval=0.0", "trainers.init.tables"),
    M("models.sgns", "init", "jnp.zeros_like(center)", "center", "trainers.init.tables"),
    M(MLP, "init", "6 / (inputs + outputs)", "6 / inputs", "trainers.init.network"),
    M(MLP, "init", "** 0.5", "** 1", "trainers.init.network"),
    M(MLP, "init", "jnp.zeros(outputs)", "jnp.ones(outputs)", "trainers.init.network"),
    M(MLP, "init", "jax.random.split(key, len(widths) - 1)",
      "[jax.random.clone(key) for _ in widths[1:]]",
      "trainers.init.network"),
    M(MLP, "unit", "jnp.asarray(bias, inputs.dtype)", "jnp.zeros((), inputs.dtype)",
      "trainers.network"),
    M(MLP, "layer_outputs", "sums + layer.bias[None]", "sums", "trainers.network"),
    M(MLP, "preactivation", "sums + layer.bias", "sums - layer.bias", "trainers.network"),
    M(MLP, "batch_loss", "jnp.mean", "jnp.sum", "trainers.network"),
]  # fmt: skip


def broken(mutation, original):
    """The function with a piece of its source replaced, or the constant's new value."""
    if not mutation.old:
        assert mutation.new != original
        return mutation.new
    source = inspect.getsource(original)
    assert mutation.old in source, f"{mutation.old!r} is not in {mutation.function}"
    names = dict(vars(sys.modules[f"jaxtext.{mutation.module}"]))
    exec(source.replace(mutation.old, mutation.new), names)
    return names[mutation.function]


def holders(original, name):
    """The modules of the package in which a function can be called by its name."""
    modules = [module for key, module in sys.modules.items() if key.startswith("jaxtext")]
    return [module for module in modules if vars(module).get(name) is original]


def failing(prefixes):
    """The checks that fail among those whose ids begin so."""
    listed = [claim for section in SECTIONS for claim in section.claims]
    chosen = [claim for claim in listed if claim.id.startswith(tuple(prefixes.split()))]
    assert chosen, f"no check's id begins with {prefixes}"
    with jax.enable_x64(True):
        return [check for check in map(examine, chosen) if check.status == FAILS]


def module_of(mutation):
    """`jaxtext.text.cooccurrence` is a function as well: the module is the one of that path."""
    importlib.import_module(f"jaxtext.{mutation.module}")
    return sys.modules[f"jaxtext.{mutation.module}"]


def noticed(mutation, monkeypatch):
    """The checks that fail while the package is broken."""
    module = module_of(mutation)
    original = vars(module)[mutation.function]
    replacement = broken(mutation, original)
    places = holders(original, mutation.function) if mutation.old else [module]
    jax.clear_caches()  # what was compiled before is not broken
    with monkeypatch.context() as patch:
        for place in places:
            patch.setattr(place, mutation.function, replacement)
        return failing(mutation.ids)


@pytest.mark.slow
def test_every_break_of_the_package_fails_a_check_that_is_named(monkeypatch, capsys):
    assert failing(" ".join({mutation.ids for mutation in MUTATIONS})) == []
    rows = [(mutation, noticed(mutation, monkeypatch)) for mutation in MUTATIONS]
    jax.clear_caches()
    with capsys.disabled():
        print(f"\n\n{len(rows)} mutations\n{'function':36} {'instead of':34} noticed by")
        for mutation, found in rows:
            place = f"{mutation.module.rpartition('.')[2]}.{mutation.function}"
            names = ", ".join(check.id for check in found) or "NOTHING"
            print(f"{place:36} {mutation.old[:32]:34} {names}")
    assert [mutation for mutation, found in rows if not found] == []


def test_the_mutations_are_many_and_each_differs():
    assert len(set(MUTATIONS)) == len(MUTATIONS) >= 110


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: f"{each.function}-{each.old[:20]}")
def test_what_a_mutation_breaks_is_there(mutation):
    broken(mutation, vars(module_of(mutation))[mutation.function])
