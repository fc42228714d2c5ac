"""Training into a run folder, and evaluation: `fit.train`, `evaluate.evaluate_clips`, `evaluate.evaluate_deployed`."""
