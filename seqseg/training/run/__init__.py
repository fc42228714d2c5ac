"""The folder of a run: checkpoints, reports, progress, TensorBoard, interruption."""
