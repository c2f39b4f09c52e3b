import os

from alembic import context
from sqlalchemy import create_engine, text

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS migrations"))
    connection.commit()
    context.configure(connection=connection, version_table_schema="migrations", include_schemas=True)
    with context.begin_transaction():
        context.run_migrations()
