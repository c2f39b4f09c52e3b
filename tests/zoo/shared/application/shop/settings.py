import os


class Settings:
    """What pydantic's settings object is elsewhere: the environment, read once."""

    def __init__(self):
        self.database_url = os.environ["DATABASE_URL"]


settings = Settings()
