"""Shapes from annotation tools: read by `kinds/`, rasterised here as each tool does it."""
