import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import stringWidth from 'fast-string-width';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { checkRegistry } from '../../lib/environment/registry.ts';
import { UsageError } from '../../lib/errors.ts';
import { Asker } from '../../lib/init/ask.ts';
import { findComposeFiles } from '../../lib/init/compose-files.ts';
import { makePlan } from '../../lib/init/plan.ts';
import { listFiles } from '../../lib/repository/project.ts';
import { renderTable } from '../../lib/init/table.ts';
import { isPlainlyLocal, saysProduction } from '../../lib/init/words.ts';
import { recordingTerminal } from './support.ts';

/** INIT_SHAPES=2000 for a large count. */
const RUNS = Number(process.env['INIT_SHAPES'] ?? 60);

// Neither engine nor git: what compose itself would say is said by the files.
const before = process.env['PATH'];
beforeAll(() => void (process.env['PATH'] = '/nonexistent'));
afterAll(() => void (process.env['PATH'] = before));

/** Weights are the survey's frequencies of 88 repositories. */
const folder = fc.oneof(
  { weight: 68, arbitrary: fc.constant('') },
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      'docker/',
      'infra/',
      'deploy/',
      'backend/',
      'server/',
      'deploy/dev/',
      'deploy/prod/',
      ...['envs/live/', 'vmprod/', 'prod2/', 'environments/local/', 'main-server/'],
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom('archive/', 'docker/old/', 'examples/', '.devcontainer/') },
);
const name = fc.oneof(
  {
    weight: 58,
    arbitrary: fc.constantFrom('docker-compose.yml', 'docker-compose.yaml', 'compose.yaml', 'compose.yml'),
  },
  {
    weight: 35,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          'docker-compose.*.yml',
          'compose.*.yaml',
          'docker-compose-*.yml',
          '*.docker-compose.yml',
          'stack-*.yml',
          '*.yml',
        ),
        fc.constantFrom(
          'prod',
          'dev',
          'test',
          'local',
          'production',
          'deploy',
          'ci',
          'staging',
          'vps',
          'vm_prod',
          ...['vmprod', 'prod2', 'server', 'release', 'hetzner', 'kunde', 'dev2'],
          'main',
          'aws',
          'infra',
          'gpu',
          'override',
        ),
      )
      .map(([form, word]) => form.replace('*', word)),
  },
  { weight: 4, arbitrary: fc.constantFrom('granian-compose.yml', 'storages.yaml', 'app.yaml') },
);
const database = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: fc.constant('db') },
    { weight: 3, arbitrary: fc.constant('postgres') },
  ),
  image: fc.constantFrom(
    'postgres:16',
    'postgres:16-alpine',
    'pgvector/pgvector:pg17',
    '${PG_IMAGE:-postgres:15}',
  ),
});
const application = fc.record({
  name: fc.constantFrom('api', 'web', 'backend', 'worker', 'flower', 'migrate'),
  how: fc.constantFrom(
    'build: .',
    'image: shop',
    'labels: [x]',
    'build: { context: .., dockerfile: x/Dockerfile }',
  ),
  more: fc.constantFrom(
    '',
    ', env_file: .env.prod',
    ', env_file: [.env]',
    ', environment: { ENVIRONMENT: production }',
  ),
});
const compose = fc
  .record({
    databases: fc.oneof(
      { weight: 8, arbitrary: fc.tuple(database) },
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.tuple(database, database) },
    ),
    applications: fc.uniqueArray(application, { maxLength: 3, selector: (one) => one.name }),
  })
  .map(({ databases, applications }) => {
    const services = new Map([
      ...databases.map((one): [string, string] => [one.name, `{ image: '${one.image}' }`]),
      ...applications.map(({ name: own, how, more }): [string, string] => [own, `{ ${how}${more} }`]),
    ]);
    const lines = [...services].map(([own, service]) => `  ${own}: ${service}\n`);
    return lines.length === 0 ? 'services: { cache: { image: redis } }\n' : `services:\n${lines.join('')}`;
  });
const count = (weight: number, minLength: number, maxLength: number) => ({
  weight,
  arbitrary: fc.array(fc.tuple(folder, name, compose), { minLength, maxLength }),
});
const repository = fc.record({
  composes: fc.oneof(count(45, 1, 1), count(21, 2, 2), count(11, 3, 3), count(11, 4, 5)),
  inis: fc.subarray(['alembic.ini', 'backend/alembic.ini', 'src/alembic.ini'], {
    minLength: 0,
    maxLength: 2,
  }),
  env: fc.option(
    fc.constantFrom(
      ...['ENVIRONMENT=development\n', 'APP_ENV=production\n', 'DB_PASSWORD=x\n'],
      ...['SERVER_ENVIRONMENT=eu-live\n', 'COMPOSE_PROJECT_NAME=shop_1\n', 'STAGE=prod2\n'],
    ),
    {
      nil: undefined,
    },
  ),
});

test('repositories of every shape: each file once, nothing unprotected that is not plainly local, no idle question', async () => {
  const ends = { written: 0, asked: 0 };
  await fc.assert(
    fc.asyncProperty(repository, async ({ composes, inis, env }) => {
      const root = mkdtempSync(join(tmpdir(), 'makesafe-shape-'));
      const files = new Map([
        ...composes.map(([where, own, text]): [string, string] => [where + own, text]),
        ...inis.map((ini): [string, string] => [ini, '[alembic]\nscript_location = alembic\n']),
        ...(env === undefined ? [] : [['.env', env] as [string, string]]),
      ]);
      try {
        for (const [path, text] of files) {
          mkdirSync(dirname(join(root, path)), { recursive: true });
          writeFileSync(join(root, path), text);
        }
        const seen = listFiles(root);
        const given: Record<string, string> = {};
        const asked = new Set<string>();
        const first = await attempt(root, given, asked);
        const again = await attempt(root, given, new Set());
        expect(again).toEqual(first);
        if (first === undefined) {
          ends.asked += 1;
          return;
        }
        ends.written += 1;
        expect(listFiles(root)).toEqual(seen);
        expect(checkRegistry(first.registry)).toEqual([]);
        const found = findComposeFiles(root, seen).found;
        expect(first.files.map(({ path }) => path).sort()).toEqual(
          [...new Set(composes.map(([where, own]) => where + own))].sort(),
        );
        const table = renderTable(first.rows, first.files, 'env/environments.ts').split('\n');
        expect(table.length).toBeLessThanOrEqual(30);
        expect(table.filter((line) => stringWidth(line) > 80)).toEqual([]);
        for (const [own, entry] of Object.entries(first.registry.environments)) {
          if (entry.protected) continue;
          expect(isPlainlyLocal(own), own).toBe(true);
          expect(saysProduction(env ?? '') && entry.envFiles?.includes('.env')).toBe(false);
          for (const path of [entry.composeFile ?? []].flat())
            expect(found.find((one) => one.path === path)?.sign, path).toBeUndefined();
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { seed: COMMIT, numRuns: RUNS },
  );
  // Where nothing is written, the test looks at nothing.
  expect(ends.written).toBeGreaterThan(RUNS / 4);
}, 120_000);

/** What init would write; undefined where it asks, each time about something that makes a difference. */
async function attempt(
  root: string,
  given: Record<string, string>,
  asked: Set<string>,
): Promise<Awaited<ReturnType<typeof makePlan>> | undefined> {
  try {
    return await makePlan(root, given, new Asker(given, recordingTerminal().terminal));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    for (const line of error.message.split('\n')) {
      const [, question, answers] = line.match(/; give ([A-Z_]+)=(.*)$/) ?? [];
      expect(question, line).toBeDefined();
      asked.add(question!);
      // One answer, or the same one twice, would be no question.
      const choices = answers!.split('|');
      if (answers !== '<text>') expect(new Set(choices).size).toBe(choices.length);
      if (answers !== '<text>') expect(choices.length).toBeGreaterThan(1);
    }
    expect(error.hint).toMatch(/^for instance: npx makesafe init [A-Z_]+=/);
    return undefined;
  }
}
