"""Training on several devices and machines: who takes part, and what of a batch each one takes."""
