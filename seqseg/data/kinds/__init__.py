"""The kinds of data that `seqseg data` lists: one file or folder each, named as the kind."""
