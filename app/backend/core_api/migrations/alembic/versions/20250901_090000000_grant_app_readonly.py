"""Let app_readonly read what there is, where the role exists.

Revision ID: 20250901_090000000
Revises: 20250820_120000000
"""

from alembic import op

revision = "20250901_090000000"
down_revision = "20250820_120000000"
branch_labels = None
depends_on = None


# Roles belong to the server, not to this database: a scratch server may have none. What later revisions create is
# granted by scripts/db/bootstrap_roles.sql, which runs again after migrating.
ONLY_WITH_ROLE = """
DO $grant$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_readonly') THEN
        {statements};
    END IF;
END
$grant$
"""


def upgrade():
    op.execute(
        ONLY_WITH_ROLE.format(
            statements="GRANT USAGE ON SCHEMA mart, stg TO app_readonly; "
            "GRANT SELECT ON ALL TABLES IN SCHEMA mart, stg TO app_readonly"
        )
    )


def downgrade():
    op.execute(
        ONLY_WITH_ROLE.format(
            statements="REVOKE SELECT ON ALL TABLES IN SCHEMA mart, stg FROM app_readonly; "
            "REVOKE USAGE ON SCHEMA mart, stg FROM app_readonly"
        )
    )
