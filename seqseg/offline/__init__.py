"""Segmenting many movies offline: which there are, which are done, and who does the others. Knows no decoder."""
