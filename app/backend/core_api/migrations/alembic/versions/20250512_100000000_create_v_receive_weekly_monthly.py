"""Create the views mart.v_receive_weekly and mart.v_receive_monthly.

Revision ID: 20250512_100000000
Revises: 20250410_113000000
"""

from alembic import op

revision = "20250512_100000000"
down_revision = "20250410_113000000"
branch_labels = None
depends_on = None


def upgrade():
    for period in ("week", "month"):
        op.execute(
            f"""
            CREATE VIEW mart.v_receive_{period}ly AS
            SELECT date_trunc('{period}', receive_date)::date AS {period}_start,
                   item_cd,
                   sum(receive_count) AS receive_count,
                   sum(net_weight) AS net_weight
            FROM mart.receive_daily
            GROUP BY 1, 2
            """
        )


def downgrade():
    op.execute("DROP VIEW mart.v_receive_monthly")
    op.execute("DROP VIEW mart.v_receive_weekly")
