"""The schema's history (Alembic), run in the process by `migrate`; there is no alembic.ini."""
