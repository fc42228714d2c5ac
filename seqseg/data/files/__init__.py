"""File formats: one a file, each read without trusting what it says of itself."""
