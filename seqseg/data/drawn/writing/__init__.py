"""Masks as polygons in the files of the tools that people label with; `kinds/` reads them back."""
