"""Augmentation of whole clips: in space, in time, in look, and with objects of other clips."""
