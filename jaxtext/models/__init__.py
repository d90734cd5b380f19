"""One method a file, all in one order: parameters, init, score, example loss, batch loss."""
