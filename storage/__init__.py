"""Where it is kept. The only package with SQL."""
