"""What `seqseg inspect` measures and draws."""
