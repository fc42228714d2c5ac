"""Where weights that others trained come from: ready models, the cache, files, installed packages, addresses.

Nothing here needs Keras, and nothing is fetched but by `pull`, which is told the address and the sha256.
"""
