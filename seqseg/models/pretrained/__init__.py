"""Where weights that others trained come from: files, installed packages, addresses with a sha256, the cache."""
