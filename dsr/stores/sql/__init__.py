"""SQL databases: SQLite, PostgreSQL, MariaDB and MySQL, through SQLAlchemy Core."""
