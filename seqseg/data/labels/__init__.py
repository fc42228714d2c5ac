"""What labels mean: class lists, class maps, the values in files, bit planes, masks beside what they label."""
