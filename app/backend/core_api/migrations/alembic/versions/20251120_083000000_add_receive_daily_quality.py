"""Add the quality grade to mart.receive_daily and stg.shipments.

Revision ID: 20251120_083000000
Revises: 20251006_170000000
"""

from alembic import op

revision = "20251120_083000000"
down_revision = "20251006_170000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE DOMAIN mart.grade AS char(1) DEFAULT 'B' CHECK (VALUE IN ('A', 'B', 'C'))")
    op.execute("ALTER TABLE mart.receive_daily ADD COLUMN grade mart.grade NOT NULL DEFAULT 'B'")
    op.execute("ALTER TABLE stg.shipments ADD COLUMN grade mart.grade")
    op.execute(
        "ALTER TABLE mart.receive_daily RENAME CONSTRAINT receive_daily_unit_price_check TO receive_daily_price_check"
    )
    op.execute("CREATE INDEX shipments_raw_idx ON stg.shipments USING gin (raw jsonb_path_ops)")


def downgrade():
    op.execute("DROP INDEX stg.shipments_raw_idx")
    op.execute(
        "ALTER TABLE mart.receive_daily RENAME CONSTRAINT receive_daily_price_check TO receive_daily_unit_price_check"
    )
    op.execute("ALTER TABLE stg.shipments DROP COLUMN grade")
    op.execute("ALTER TABLE mart.receive_daily DROP COLUMN grade")
    op.execute("DROP DOMAIN mart.grade")
