"""File formats, one a module; no header is trusted."""
