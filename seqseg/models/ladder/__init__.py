"""The ladder network (Rasmus et al. 2015): for any examples, for MNIST as in the paper, and as a segmenter."""
