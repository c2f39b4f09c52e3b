"""Alembic's environment: where the database is, and how revisions run."""

import os
from importlib.util import find_spec
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

fileConfig(context.config.config_file_name)


def driver_name():
    # psycopg 3 needs SQLAlchemy 2; Debian 12 has SQLAlchemy 1.4 with psycopg2.
    if find_spec("psycopg") and find_spec("sqlalchemy.dialects.postgresql.psycopg"):
        return "postgresql+psycopg"
    return "postgresql+psycopg2"


def database_url():
    names = ("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise RuntimeError(f"not set in the environment: {', '.join(missing)}")
    host, port, user, password, database = (os.environ[name] for name in names)
    # URL.create escapes nothing and parses nothing, so any password works.
    return URL.create(driver_name(), user, password, host, int(port), database)


def run_migrations(**options):
    # One transaction a revision: a failure leaves the database at the revision before it.
    context.configure(transaction_per_migration=True, **options)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_migrations(url=database_url(), literal_binds=True, dialect_opts={"paramstyle": "named"})
else:
    with create_engine(database_url(), poolclass=NullPool).connect() as connection:
        run_migrations(connection=connection)
