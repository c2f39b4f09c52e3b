-- Roles and rights that do not belong to a revision: app_readonly may read all of mart and stg.
--
-- Run it twice on a new database: before migrating, so that revisions can grant to the role, and after, so that what
-- they created can be read. Running it again at any time changes nothing that is already right. The role that runs it
-- must be allowed to create roles, and be the one that runs the migrations: default privileges are for objects that
-- the same role creates later.
--
-- Plain SQL in one statement, so that any client can send it, all of it takes effect or none.
DO $bootstrap$
DECLARE
    target_schema name;
BEGIN
    -- Two runs at once in one database would fail with "tuple concurrently updated".
    PERFORM pg_advisory_xact_lock(hashtext('bootstrap_roles.sql'));

    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_readonly') THEN
        BEGIN
            CREATE ROLE app_readonly NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- Roles belong to the server: a run in another database was faster.
        END;
    END IF;

    -- Before the first migration there is no schema to grant on.
    FOR target_schema IN SELECT nspname FROM pg_namespace WHERE nspname IN ('mart', 'stg') ORDER BY nspname LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO app_readonly', target_schema);
        -- TABLES are views, materialized views and partitions as well. Nothing on sequences: nextval() writes.
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO app_readonly', target_schema);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO app_readonly', target_schema);
    END LOOP;
END
$bootstrap$;
