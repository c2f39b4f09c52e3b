from alembic import op

revision = "b001"
down_revision = None
branch_labels = ("reports",)


def upgrade():
    op.execute("CREATE TABLE reports (id integer PRIMARY KEY)")


def downgrade():
    op.execute("DROP TABLE reports")
