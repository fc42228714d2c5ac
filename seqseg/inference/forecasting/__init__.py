"""Forecasts of the next frames, their correction while a stream runs, and the surprise of a frame."""
