from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.execute("CREATE MATERIALIZED VIEW prices AS SELECT price, count(*) FROM items GROUP BY price WITH NO DATA")


def downgrade():
    op.execute("DROP MATERIALIZED VIEW prices")
