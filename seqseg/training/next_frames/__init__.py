"""Which frames a frame predictor sees while it trains."""
