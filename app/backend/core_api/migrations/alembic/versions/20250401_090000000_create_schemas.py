"""Create the schemas stg (as received) and mart (as reported).

Revision ID: 20250401_090000000
Revises:
"""

from alembic import op

revision = "20250401_090000000"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE SCHEMA stg")
    op.execute("CREATE SCHEMA mart")
    op.execute("COMMENT ON SCHEMA stg IS 'Rows as they were received, before any rule was applied'")
    op.execute("COMMENT ON SCHEMA mart IS 'What reports read'")


def downgrade():
    op.execute("DROP SCHEMA mart")
    op.execute("DROP SCHEMA stg")
