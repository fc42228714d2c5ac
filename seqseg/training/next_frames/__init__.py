"""Training of predictors of frames: setup, validation, which frames they are given."""
