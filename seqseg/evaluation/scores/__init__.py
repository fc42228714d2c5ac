"""From counted pixels to scores: counts, error bars, results as tables and JSON."""
