"""A training step: learner, optimizer, schedule, precision, long windows."""
