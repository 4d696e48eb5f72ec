"""The web pages and webhooks. The only package with FastAPI."""
