"""Alembic migrations of the service's database; shipped in the package."""
