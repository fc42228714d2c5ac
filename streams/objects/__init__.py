"""Objects, not only pixels: connected regions of a mask, followed from frame to frame. Knows no network."""
