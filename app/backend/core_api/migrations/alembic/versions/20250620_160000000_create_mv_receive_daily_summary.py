"""Create the materialized view mart.mv_receive_daily_summary.

Revision ID: 20250620_160000000
Revises: 20250512_100000000
"""

from alembic import op

revision = "20250620_160000000"
down_revision = "20250512_100000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE MATERIALIZED VIEW mart.mv_receive_daily_summary AS
        SELECT receive_date,
               item_cd,
               count(DISTINCT supplier_cd) AS supplier_count,
               sum(receive_count) AS receive_count,
               sum(net_weight) AS net_weight,
               sum(amount) AS amount
        FROM mart.receive_daily
        GROUP BY receive_date, item_cd
        """
    )
    # REFRESH … CONCURRENTLY needs a unique index.
    op.execute(
        "CREATE UNIQUE INDEX mv_receive_daily_summary_key ON mart.mv_receive_daily_summary (receive_date, item_cd)"
    )
    op.execute("COMMENT ON MATERIALIZED VIEW mart.mv_receive_daily_summary IS 'Refreshed after each load'")


def downgrade():
    op.execute("DROP MATERIALIZED VIEW mart.mv_receive_daily_summary")
