"""Annotated objects: COCO's json, YouTube-VIS' json, run lengths and polygons, painted into masks."""
