"""Claims beyond the sheet: forms of the objective, its optimum, its relation to the softmax."""
