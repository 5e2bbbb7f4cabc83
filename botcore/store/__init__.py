"""The database: SQLModel tables, the engine with its units of work, queries and migrations."""
