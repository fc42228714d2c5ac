"""Export trained models: one file is one step, with named states that the calling program carries.

`step` makes the function, `formats` write it, `runtimes` run it, `verify` compares it with the model.
Importing this package imports neither Keras nor any runtime.
"""
