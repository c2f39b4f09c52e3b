"""Keep mart.receive_daily.updated_at by a trigger.

Revision ID: 20250410_113000000
Revises: 20250403_090000000
"""

from alembic import op

revision = "20250410_113000000"
down_revision = "20250403_090000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE FUNCTION mart.touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            NEW.updated_at := now();
            RETURN NEW;
        END
        $function$
        """
    )
    op.execute(
        """
        CREATE TRIGGER receive_daily_touch
        BEFORE UPDATE ON mart.receive_daily
        FOR EACH ROW WHEN (
            (OLD.receive_count, OLD.net_weight, OLD.unit_price)
            IS DISTINCT FROM (NEW.receive_count, NEW.net_weight, NEW.unit_price)
        )
        EXECUTE FUNCTION mart.touch_updated_at()
        """
    )


def downgrade():
    op.execute("DROP TRIGGER receive_daily_touch ON mart.receive_daily")
    op.execute("DROP FUNCTION mart.touch_updated_at()")
