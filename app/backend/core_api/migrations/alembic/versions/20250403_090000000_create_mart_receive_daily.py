"""Create mart.receive_daily: received weight by day, supplier and item.

Revision ID: 20250403_090000000
Revises: 20250402_143000000
"""

from alembic import op

revision = "20250403_090000000"
down_revision = "20250402_143000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE TABLE mart.receive_daily (
            receive_date  date NOT NULL,
            supplier_cd   varchar(16) NOT NULL REFERENCES mart.suppliers,
            item_cd       varchar(16) NOT NULL REFERENCES mart.items,
            receive_count integer NOT NULL,
            net_weight    numeric(14, 3) NOT NULL,
            unit_price    numeric(10, 2),
            amount        numeric(16, 2) GENERATED ALWAYS AS (round(net_weight * unit_price, 2)) STORED,
            created_at    timestamptz NOT NULL DEFAULT now(),
            updated_at    timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (receive_date, supplier_cd, item_cd),
            CONSTRAINT receive_daily_receive_count_check CHECK (receive_count > 0),
            CONSTRAINT receive_daily_unit_price_check CHECK (unit_price BETWEEN 0 AND 1000000)
        )
        """
    )
    op.execute("CREATE INDEX receive_daily_item_cd_idx ON mart.receive_daily (item_cd, receive_date DESC)")
    op.execute("COMMENT ON TABLE mart.receive_daily IS 'One row a day, supplier and item, if received'")
    op.execute("COMMENT ON COLUMN mart.receive_daily.net_weight IS 'kg'")


def downgrade():
    op.execute("DROP TABLE mart.receive_daily")
