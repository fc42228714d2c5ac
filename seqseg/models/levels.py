"""Where things stand in a network: pyramid levels, and the logits."""

LOGITS = "logits"


def level_of(place):
    """The level that a memory stands at: "P2" for "P2.1", the second of those stacked there."""
    return place.partition(".")[0]


def level_size(level, height, width):
    """The size of a pyramid level: level "P3" of 45 x 61 is 6 x 8, since every halving rounds up."""
    stride = 2 ** int(level[1:])
    return -(-height // stride), -(-width // stride)
