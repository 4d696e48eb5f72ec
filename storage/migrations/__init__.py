"""The schema's history (Alembic), run in the process by `migrate`; there is no alembic.ini."""

HEAD = "0042"  # the newest revision; a test holds it to the files, so that a start need not load Alembic
