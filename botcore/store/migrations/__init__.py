"""Alembic's migrations of the tables. A new one goes into `versions` and its number into `schema.REVISIONS`."""
