"""Which videos and labels of a set are used: splits, few labels, sets without what is broken in them."""
