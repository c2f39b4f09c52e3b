import os
import sys

from alembic import context
from sqlalchemy import create_engine

sys.path.insert(0, os.getcwd())
from shop.settings import settings

config = context.config
config.set_main_option("sqlalchemy.url", settings.database_url.replace("%", "%%"))

with create_engine(config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
