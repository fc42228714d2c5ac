"""What `seqseg inspect` measures in a set and draws of it."""
