"""What sources read with: the movie decoder, addresses, events, seconds."""
