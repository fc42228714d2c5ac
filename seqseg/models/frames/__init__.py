"""Networks made to predict the next frame, with memories of their own."""
