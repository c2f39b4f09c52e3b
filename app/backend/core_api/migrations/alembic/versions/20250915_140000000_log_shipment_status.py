"""Log every change of a shipment's status.

Revision ID: 20250915_140000000
Revises: 20250901_090000000
"""

from alembic import op

revision = "20250915_140000000"
down_revision = "20250901_090000000"
branch_labels = None
depends_on = None


def upgrade():
    op.execute(
        """
        CREATE TABLE stg.shipment_status_log (
            log_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            shipment_id bigint NOT NULL REFERENCES stg.shipments ON DELETE CASCADE,
            old_status  stg.shipment_status,
            new_status  stg.shipment_status NOT NULL,
            changed_by  name NOT NULL DEFAULT CURRENT_USER,
            changed_at  timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """
    )
    op.execute(
        """
        CREATE FUNCTION stg.log_shipment_status() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            INSERT INTO stg.shipment_status_log (shipment_id, old_status, new_status)
            VALUES (NEW.shipment_id, CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status);
            RETURN NULL;
        END
        $function$
        """
    )
    op.execute(
        """
        CREATE TRIGGER shipments_log_status
        AFTER INSERT OR UPDATE OF status ON stg.shipments
        FOR EACH ROW EXECUTE FUNCTION stg.log_shipment_status()
        """
    )
    # Only the open ones are looked up by status.
    op.execute("CREATE INDEX shipments_open_idx ON stg.shipments (status) WHERE status IN ('planned', 'in transit')")


def downgrade():
    op.execute("DROP INDEX stg.shipments_open_idx")
    op.execute("DROP TRIGGER shipments_log_status ON stg.shipments")
    op.execute("DROP FUNCTION stg.log_shipment_status()")
    op.execute("DROP TABLE stg.shipment_status_log")
