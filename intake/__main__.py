"""`python -m intake`."""

import gc

gc.set_threshold(100_000)  # what a start makes stays: looking through it for garbage was a sixth of its time

from intake.cli import app  # noqa: E402

app()
