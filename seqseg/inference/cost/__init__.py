"""The cost of a frame: arithmetic, time, memory, and the machine it was measured on."""
