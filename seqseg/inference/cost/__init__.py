"""What a frame costs: arithmetic counted, time and memory measured, on which machine."""
