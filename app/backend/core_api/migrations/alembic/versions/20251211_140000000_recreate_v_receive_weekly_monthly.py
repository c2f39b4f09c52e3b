"""Recreate mart.v_receive_weekly and mart.v_receive_monthly on the materialized view.

Revision ID: 20251211_140000000
Revises: 20251120_083000000
"""

import sqlalchemy as sa
from alembic import context, op

revision = "20251211_140000000"
down_revision = "20251120_083000000"
branch_labels = None
depends_on = None


MATERIALIZED_VIEW = "mart.mv_receive_daily_summary"


def _check_mv_exists():
    """Raise where the materialized view is missing, instead of failing with half of the views dropped.

    Asked over the connection that migrates: another one would not see what this run has not committed yet.
    """
    if context.is_offline_mode():
        return  # no database to ask
    found = op.get_bind().execute(sa.text("SELECT to_regclass(:name)"), {"name": MATERIALIZED_VIEW}).scalar()
    if found is None:
        raise RuntimeError(
            f"{MATERIALIZED_VIEW} does not exist, and {revision} builds views on it. "
            "Create it again as 20250620_160000000 does, then upgrade."
        )


def upgrade():
    _check_mv_exists()
    op.execute("DROP VIEW mart.v_receive_monthly")
    op.execute("DROP VIEW mart.v_receive_weekly")
    for period in ("week", "month"):
        op.execute(
            f"""
            CREATE VIEW mart.v_receive_{period}ly AS
            SELECT date_trunc('{period}', receive_date)::date AS {period}_start,
                   item_cd,
                   sum(receive_count)::bigint AS receive_count,
                   sum(net_weight) AS net_weight,
                   sum(amount) AS amount
            FROM {MATERIALIZED_VIEW}
            GROUP BY 1, 2
            """
        )
        op.execute(f"COMMENT ON VIEW mart.v_receive_{period}ly IS 'As of the last refresh of {MATERIALIZED_VIEW}'")


def downgrade():
    op.execute("DROP VIEW mart.v_receive_monthly")
    op.execute("DROP VIEW mart.v_receive_weekly")
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
