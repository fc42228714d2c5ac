"""A trained model as a folder of static files: a page that segments this device's camera on this device."""
