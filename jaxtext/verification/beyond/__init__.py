"""What the sheet asks for without a number: the objective's forms, its optimum, the softmax."""
