"""Scoring a model: in clips as it was trained, and as deployed, frame by frame with the state carried on."""
