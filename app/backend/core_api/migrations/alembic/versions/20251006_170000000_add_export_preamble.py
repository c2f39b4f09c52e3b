"""Add mart.export_preamble, whose body looks like a dump.

Revision ID: 20251006_170000000
Revises: 20250915_140000000
"""

from alembic import op

revision = "20251006_170000000"
down_revision = "20250915_140000000"
branch_labels = None
depends_on = None


# A trap on purpose for whatever reads a dump of this schema line by line: headers, settings, quotes of every kind and
# statements, none of which are the database's own.
FUNCTION = r"""
CREATE FUNCTION mart.export_preamble(p_schema text) RETURNS text LANGUAGE plpgsql AS $function$
DECLARE
    v_text text;
BEGIN
    v_text := $text$
--
-- PostgreSQL database dump
--

\restrict not-a-token
SET statement_timeout = 0;
SET client_encoding = 'UTF8';

--
-- Name: receive_daily; Type: TABLE; Schema: mart; Owner: app_prod
--

CREATE TABLE "it's ""quoted"" text" ("a;b" text DEFAULT '$$''$$', c text DEFAULT E'\\''); /* not -- a comment

--
-- PostgreSQL database dump complete
--
$text$;
SET statement_timeout = 0;
    RETURN format('-- export of %I, 100%% of it', p_schema) || v_text;
END
$function$
"""


def upgrade():
    op.execute(FUNCTION)


def downgrade():
    op.execute("DROP FUNCTION mart.export_preamble(text)")
