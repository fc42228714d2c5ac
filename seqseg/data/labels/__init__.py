"""What labels mean: class lists, class maps, label values, bit planes, masks beside movies and TIFFs."""
