"""The frames that follow: forecasts, their correction while a stream runs, how surprising a frame is."""
