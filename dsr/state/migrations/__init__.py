"""How a state database of an earlier version becomes one of this version: alembic's scripts, one a version."""
