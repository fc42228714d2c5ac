"""From videos to batches of clips: windows, reading, placing on the canvas, the pipeline."""
