"""Trained models outside Keras: one file is one step, its states named and carried by the program that runs it.

`step` makes the function, `formats` write it, `runtimes` run it, `verify` proves that it does what the model does.
Importing this package imports neither Keras nor any runtime.
"""
