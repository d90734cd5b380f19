"""One method per file, all in the same order: parameters, init, score, example and batch loss."""
