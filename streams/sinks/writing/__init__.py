"""Writers of the sinks: files that appear complete, movies, exact times, sound, names."""
