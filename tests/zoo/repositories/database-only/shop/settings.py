class Settings:
    database_url = "postgresql+psycopg2://shop:of-the-shop@localhost:ZOO_PORT/shopdb"


settings = Settings()
