"""Segmenting many movies offline: which exist, which are done, who does the others. Independent of any decoder."""
