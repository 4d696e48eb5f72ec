"""In which words. Pure."""
