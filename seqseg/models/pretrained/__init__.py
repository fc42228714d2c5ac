"""Pretrained weights: ready models, the cache, files, installed packages, addresses.

Nothing here needs Keras. Only `pull` downloads, from a given address with a given sha256.
"""
