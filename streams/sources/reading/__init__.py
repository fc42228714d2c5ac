"""Readers of the sources: the movie decoder, addresses, events, seconds."""
