"""Steps from one form of the SQL store to the next, for Alembic."""
