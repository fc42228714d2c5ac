"""Which videos and labels of a set are used: splits, few labels, broken items left out."""
