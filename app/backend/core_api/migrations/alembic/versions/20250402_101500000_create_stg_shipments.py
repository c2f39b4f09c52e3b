"""Create stg.shipments with its status and batch number.

Revision ID: 20250402_101500000
Revises: 20250401_090000000
"""

from alembic import op

revision = "20250402_101500000"
down_revision = "20250401_090000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TYPE stg.shipment_status AS ENUM ('planned', 'in transit', 'received', 'rejected')")
    op.execute("CREATE SEQUENCE stg.batch_no_seq START WITH 1000 INCREMENT BY 10")
    op.execute(
        """
        CREATE TABLE stg.shipments (
            shipment_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            batch_no     bigint NOT NULL DEFAULT nextval('stg.batch_no_seq'),
            slip_no      varchar(32) NOT NULL,
            supplier_cd  varchar(16) NOT NULL,
            item_cd      varchar(16) NOT NULL,
            shipped_on   date NOT NULL,
            net_weight   numeric(12, 3) NOT NULL,
            status       stg.shipment_status NOT NULL DEFAULT 'planned',
            raw          jsonb NOT NULL DEFAULT '{}',
            loaded_at    timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT shipments_slip_no_key UNIQUE (slip_no, item_cd),
            CONSTRAINT shipments_net_weight_check CHECK (net_weight >= 0)
        )
        """
    )
    op.execute("ALTER SEQUENCE stg.batch_no_seq OWNED BY stg.shipments.batch_no")
    op.execute("CREATE INDEX shipments_shipped_on_idx ON stg.shipments (shipped_on, supplier_cd)")
    op.execute("COMMENT ON COLUMN stg.shipments.net_weight IS 'kg'")


def downgrade():
    op.execute("DROP TABLE stg.shipments")
    op.execute("DROP TYPE stg.shipment_status")
