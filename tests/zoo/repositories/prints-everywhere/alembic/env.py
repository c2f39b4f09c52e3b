import os
import sys
import warnings
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine

fileConfig(context.config.config_file_name)
print("0001 loaded the settings (head)")
print("the views are loaded", file=sys.stderr)
warnings.warn("the search index is old")

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
