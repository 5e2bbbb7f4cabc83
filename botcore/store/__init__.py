"""The database: SQLModel tables, the engine with its units of work, queries and migrations.

`Connection` is what a unit of work is given; who passes it on needs no SQLAlchemy of their own.
"""

from sqlalchemy import Connection

__all__ = ["Connection"]
