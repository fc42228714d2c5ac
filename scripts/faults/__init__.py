"""Robustness tests: damaged inputs (fuzz) and SIGKILL at random moments (kill)."""
