"""Many streams through one step: slots, batches, and one stream with its source, sink and state."""
