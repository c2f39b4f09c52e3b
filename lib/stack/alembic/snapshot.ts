/**
 * A query for all that a database has, in rows (kind, name, definition, id). Two databases with equal rows have the
 * same schema: oids are in no definition, and neither are the places that dropped columns have left. Its own names are
 * found only if the search path is `pg_catalog, pg_temp`; no `%`, `?` or `:name` is in it, which drivers replace.
 *
 * An object without a branch of its own is compared by its row. If that names others by oid, an object that was dropped
 * and made again counts as changed: the full comparison has the last word.
 */
export const SNAPSHOT = `
  WITH space AS (
    SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
  part AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
  relation AS (
    SELECT c.*, quote_ident(nspname) || '.' || quote_ident(relname) AS called,
      CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
        WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'composite type' END AS kind
    FROM pg_class c JOIN space ON space.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
      AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_class'::regclass AND objid = c.oid)),
  rest (kind, classid, oid, definition) AS (
    ${[
      ...[
        'pg_cast',
        'pg_collation',
        'pg_conversion',
        'pg_event_trigger',
        'pg_extension',
        'pg_foreign_data_wrapper',
      ],
      ...['pg_language', 'pg_opclass', 'pg_operator', 'pg_opfamily', 'pg_publication', 'pg_publication_rel'],
      ...['pg_statistic_ext', 'pg_transform', 'pg_ts_config', 'pg_ts_dict', 'pg_ts_parser', 'pg_ts_template'],
      ...['pg_foreign_server', 'pg_am'],
    ]
      .map(
        (table) =>
          `SELECT '${table}', tableoid, oid, (to_jsonb(r) - 'oid')::text FROM ${table} AS r WHERE oid >= 16384`,
      )
      .join('\n    UNION ALL ')})
  SELECT 'schema', quote_ident(nspname), pg_get_userbyid(nspowner)::text, NULL::text
  FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT kind, called, concat_ws(' ', relkind, relpersistence, pg_get_userbyid(relowner), reloptions::text,
      relrowsecurity, relforcerowsecurity, relreplident, amname, spcname, reloftype::regtype,
      (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),
      pg_get_expr(relpartbound, c.oid), CASE relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
      CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
      (SELECT concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcache, seqcycle)
       FROM pg_sequence WHERE seqrelid = c.oid),
      (SELECT string_agg(refobjid::regclass || '.' || attname, ',') FROM pg_depend JOIN pg_attribute ON attrelid = refobjid
         AND attnum = refobjsubid WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i') AND relkind = 'S')),
    c.oid::text
  FROM relation c LEFT JOIN pg_am ON pg_am.oid = relam LEFT JOIN pg_tablespace t ON t.oid = reltablespace
  UNION ALL
  SELECT CASE WHEN kind = 'table' THEN 'column' ELSE 'column of ' || kind END, called || '.' || quote_ident(attname),
    concat_ws(' ', format_type(atttypid, atttypmod),
      CASE WHEN attcollation <> typcollation THEN attcollation::regcollation::text END, attnotnull, attidentity, attgenerated,
      attstorage, attstattarget, attoptions::text, attfdwoptions::text, attislocal, attinhcount,
      pg_get_expr(adbin, adrelid)),
    attrelid || '/' || attnum
  FROM relation c JOIN pg_attribute a ON attrelid = c.oid JOIN pg_type y ON y.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
  WHERE attnum > 0 AND NOT attisdropped AND kind <> 'sequence'
  UNION ALL
  SELECT 'column order', called, string_agg(attname, ',' ORDER BY attnum), NULL
  FROM relation JOIN pg_attribute ON attrelid = relation.oid
  WHERE attnum > 0 AND NOT attisdropped AND kind = 'table' GROUP BY called
  UNION ALL
  SELECT 'privileges', 'schema ' || nspname, acl(nspacl), NULL FROM pg_namespace WHERE oid IN (SELECT oid FROM space)
  UNION ALL
  SELECT 'privileges', called, acl(relacl), NULL FROM relation WHERE relacl IS NOT NULL
  UNION ALL
  SELECT 'privileges', called || '.' || attname, acl(attacl), NULL
  FROM relation JOIN pg_attribute ON attrelid = relation.oid WHERE attacl IS NOT NULL
  UNION ALL
  SELECT 'privileges', p.oid::regprocedure::text, acl(proacl), NULL
  FROM pg_proc p JOIN space ON space.oid = pronamespace WHERE proacl IS NOT NULL
  UNION ALL
  SELECT 'privileges', 'type ' || y.oid::regtype, acl(typacl), NULL
  FROM pg_type y JOIN space ON space.oid = typnamespace WHERE typacl IS NOT NULL
  UNION ALL
  SELECT 'privileges', 'the database', acl(datacl), NULL FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'constraint', coalesce(called, contypid::regtype::text) || ': ' || quote_ident(conname),
    concat_ws(' ', pg_get_constraintdef(o.oid), convalidated, conislocal, coninhcount), NULL
  FROM pg_constraint o LEFT JOIN relation ON relation.oid = conrelid
  WHERE called IS NOT NULL OR contypid <> 0 AND connamespace IN (SELECT oid FROM space)
  UNION ALL
  SELECT 'index', called || ': ' || indexrelid::regclass,
    concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready, indisclustered, indisreplident, indisunique), NULL
  FROM pg_index JOIN relation ON relation.oid = indrelid
  UNION ALL
  SELECT 'trigger', called || ': ' || quote_ident(tgname), concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled), NULL
  FROM pg_trigger t JOIN relation ON relation.oid = tgrelid WHERE NOT tgisinternal
  UNION ALL
  SELECT 'rule', called || ': ' || quote_ident(rulename), concat_ws(' ', pg_get_ruledef(r.oid), ev_enabled), NULL
  FROM pg_rewrite r JOIN relation ON relation.oid = ev_class WHERE rulename <> '_RETURN'
  UNION ALL
  SELECT 'policy', called || ': ' || quote_ident(polname), concat_ws(' ', polcmd, polpermissive,
      (SELECT string_agg(pg_get_userbyid(role), ',' ORDER BY pg_get_userbyid(role)) FROM unnest(polroles) AS role),
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)), NULL
  FROM pg_policy p JOIN relation ON relation.oid = polrelid
  UNION ALL
  SELECT 'function', p.oid::regprocedure::text, concat_ws(' ', prokind, pg_get_userbyid(proowner),
      CASE WHEN prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
      (SELECT concat_ws(' ', aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn,
         aggmtransfn, aggminvtransfn, aggmfinalfn, aggfinalextra, aggfinalmodify, aggsortop::regoperator,
         aggtranstype::regtype, agginitval) FROM pg_aggregate WHERE aggfnoid = p.oid)), NULL
  FROM pg_proc p JOIN space ON space.oid = pronamespace
  WHERE NOT EXISTS (SELECT FROM part WHERE classid = 'pg_proc'::regclass AND objid = p.oid)
  UNION ALL
  SELECT 'type', y.oid::regtype::text, concat_ws(' ', typtype, pg_get_userbyid(typowner), typnotnull, typdefault,
      CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END,
      (SELECT string_agg(quote_literal(enumlabel), ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = y.oid),
      (SELECT concat_ws(' ', rngsubtype::regtype, rngcollation, rngcanonical, rngsubdiff) FROM pg_range WHERE rngtypid = y.oid),
      CASE WHEN typtype = 'b' THEN concat_ws(' ', typinput, typoutput, typlen, typalign, typstorage) END), NULL
  FROM pg_type y JOIN space ON space.oid = typnamespace
  WHERE typtype IN ('b', 'd', 'e', 'r') AND typelem = 0
    AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_type'::regclass AND objid = y.oid)
  UNION ALL
  SELECT kind, identity, definition, NULL FROM rest, pg_identify_object(classid, oid, 0)
  WHERE NOT EXISTS (SELECT FROM part WHERE part.classid = rest.classid AND objid = oid)
  UNION ALL
  SELECT 'user mapping', concat(umuser::regrole, ' ', srvname), umoptions::text, NULL FROM pg_user_mappings
  UNION ALL
  SELECT 'comment', concat(type, ' ', identity), description, NULL
  FROM pg_description, pg_identify_object(classoid, objoid, objsubid) WHERE objoid >= 16384
  UNION ALL
  SELECT 'default privileges', concat_ws(' ', pg_get_userbyid(defaclrole), defaclnamespace::regnamespace, defaclobjtype), acl(defaclacl), NULL
  FROM pg_default_acl
  UNION ALL
  SELECT 'role', rolname, concat_ws(' ', rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
      rolconnlimit, rolvaliduntil, (SELECT string_agg(pg_get_userbyid(roleid), ',' ORDER BY pg_get_userbyid(roleid))
        FROM pg_auth_members WHERE member = r.oid)), NULL
  FROM pg_roles r WHERE rolname !~ '^pg_'
  UNION ALL
  SELECT 'setting', concat_ws(' ', datname, pg_get_userbyid(nullif(setrole, 0))), setconfig::text, NULL
  FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
  UNION ALL
  SELECT 'database', datname, concat_ws(' ', pg_get_userbyid(datdba), datconnlimit), NULL
  FROM pg_database WHERE datname = current_database()`.replaceAll(
  // The order of an ACL's items is that in which they were granted.
  /\bacl\((\w+)\)/g,
  `(SELECT string_agg(item::text, ',' ORDER BY item::text) FROM unnest($1) AS item)`,
);
