"""Add functions for targets (branch: targets).

Revision ID: 20250806_090000000
Revises: 20250802_110000000
"""

from alembic import op

revision = "20250806_090000000"
down_revision = "20250802_110000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE FUNCTION mart.business_days(first_day date, last_day date) RETURNS bigint
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $function$
            SELECT count(*)
            FROM generate_series(0, last_day - first_day) AS n
            WHERE extract(isodow FROM first_day + n) < 6
        $function$
        """
    )
    # The same name with other arguments: a function is known by its signature.
    op.execute(
        """
        CREATE FUNCTION mart.business_days(period daterange) RETURNS bigint
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $function$
            SELECT mart.business_days(lower(period), (upper(period) - 1))
        $function$
        """
    )
    op.execute(
        """
        CREATE FUNCTION mart.target_of(p_item_cd varchar, p_day date DEFAULT CURRENT_DATE) RETURNS numeric
        LANGUAGE plpgsql STABLE AS $function$
        DECLARE
            v_weight numeric;
        BEGIN
            SELECT t.net_weight / nullif(mart.business_days(t.valid), 0) INTO v_weight
            FROM mart.receive_targets t
            WHERE t.item_cd = p_item_cd AND t.valid @> p_day
            ORDER BY lower(t.valid) DESC
            LIMIT 1;
            IF v_weight IS NULL THEN
                RAISE NOTICE 'no target for item % on %', p_item_cd, p_day;
            END IF;
            RETURN v_weight;
        END
        $function$
        """
    )
    op.execute("COMMENT ON FUNCTION mart.target_of(varchar, date) IS 'kg a business day'")


def downgrade():
    op.execute("DROP FUNCTION mart.target_of(varchar, date)")
    op.execute("DROP FUNCTION mart.business_days(daterange)")
    op.execute("DROP FUNCTION mart.business_days(date, date)")
