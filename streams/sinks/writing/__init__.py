"""What sinks write with: files that appear whole, movies, exact times, sound, names."""
