"""A training step: learner, optimizer, schedule, precision, long windows, the average of the weights."""
