"""Attacks on the program itself: damaged inputs (fuzz) and sudden ends (kill)."""
