"""Objects: connected regions of a mask, tracked from frame to frame. Independent of networks."""
