"""Evaluate a model: in clips as in training, and as deployed, frame by frame with the state carried."""
