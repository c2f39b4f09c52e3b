import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Registry } from '../../lib/environment/entry.ts';
import { resolveEnvironment } from '../../lib/environment/resolve.ts';
import { ConfigurationError } from '../../lib/errors.ts';
import { temporaryFolder, thrownBy } from './support.ts';

const registry: Registry = {
  default: 'here',
  environments: {
    here: { protected: false, local: true, stack: 'compose', composeFile: 'compose.yml' },
    there: { aliases: ['t'], protected: true, stack: 'compose', composeFile: 'compose.yml', project: 'shop' },
  },
};

const COMPOSE_FILE = 'environment: { POSTGRES_USER: "${POSTGRES_USER:?}", POSTGRES_DB: $POSTGRES_DB }\n';

const COMPLETE = {
  'compose.yml': `${COMPOSE_FILE}# \${COMMENTED:?}\nPOSTGRES_PASSWORD: \${POSTGRES_PASSWORD}\n`,
  'secrets/.env.template.secrets': '# a comment\nPOSTGRES_PASSWORD=\n',
  'env/.env.common': 'TZ=Asia/Tokyo\nPOSTGRES_DB=common\n',
  'env/.env.here': 'POSTGRES_USER=u\n',
  'env/.env.there': 'POSTGRES_USER=u\nPOSTGRES_DB=own\n',
  'secrets/.env.there.secrets': 'POSTGRES_PASSWORD=p\n',
};

function project(files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder(files);
  for (const path of Object.keys(files)) if (path.startsWith('secrets/')) chmodSync(join(root, path), 0o600);
  return root;
}

test('registry entry and env files make an environment, frozen', () => {
  const root = project(COMPLETE);
  const environment = resolveEnvironment(root, registry, { name: 'there', alias: 't' }, true);
  expect(environment).toMatchObject({
    name: 'there',
    alias: 't',
    root,
    entry: registry.environments['there'],
    project: 'shop',
    envFiles: [
      { path: 'env/.env.common', secret: false },
      { path: 'env/.env.there', secret: false },
      { path: 'secrets/.env.there.secrets', secret: true },
    ],
    warnings: [],
    notes: [],
  });
  const values = [...environment.variables].map(([name, { value }]) => `${name}=${value}`);
  expect(values).toEqual(['TZ=Asia/Tokyo', 'POSTGRES_DB=own', 'POSTGRES_USER=u', 'POSTGRES_PASSWORD=p']);
  expect(Object.isFrozen(environment)).toBe(true);
});

test('tasks that make the secrets at the same time agree on them', async () => {
  const roots = Array.from({ length: 100 }, () => project(COMPLETE));
  const go = join(temporaryFolder(), 'go');
  const program = `
    const { existsSync } = require('node:fs');
    const { resolveEnvironment } = require(${JSON.stringify(join(import.meta.dirname, '../../lib/environment/resolve.ts'))});
    while (!existsSync(${JSON.stringify(go)}));
    for (const root of ${JSON.stringify(roots)}) {
      // All of them at once.
      while (Date.now() % 20 !== 0);
      const { variables } = resolveEnvironment(root, ${JSON.stringify(registry)}, { name: 'here' }, true);
      console.log(variables.get('POSTGRES_PASSWORD').value);
    }
  `;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const children = Array.from({ length: 3 }, () => {
    const args = ['--import', tsx, '--eval', program];
    return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  });
  const answers = Promise.all(children.map(({ stdout }) => text(stdout)));
  writeFileSync(go, '');
  const [first, ...others] = (await answers).map((answer) => answer.trim().split('\n'));
  expect(first).toHaveLength(roots.length);
  for (const other of others) expect(other).toEqual(first);
  const names = ['.env.here.secrets', '.env.template.secrets', '.env.there.secrets'];
  for (const root of roots) expect(readdirSync(join(root, 'secrets')).sort()).toEqual(names);
});

test('what the shell exports does not count', () => {
  process.env['POSTGRES_DB'] = 'exported';
  onTestFinished(() => void delete process.env['POSTGRES_DB']);
  const { variables } = resolveEnvironment(project(COMPLETE), registry, { name: 'there' }, true);
  expect(variables.get('POSTGRES_DB')?.value).toBe('own');
  expect(process.env['TZ']).not.toBe('Asia/Tokyo');
});

test('everything that is wrong is named at once', () => {
  const root = project({
    ...COMPLETE,
    'env/.env.common': 'broken\n\nA="never closed\n',
    'env/.env.there': 'POSTGRES_USER=\n',
  });
  rmSync(join(root, 'secrets/.env.there.secrets'));
  const files = {
    ...registry.environments['there']!,
    composeFile: ['compose.yml', 'absent.yml'],
  };
  const several = { ...registry, environments: { there: files }, default: 'there' };
  const error = thrownBy(() => resolveEnvironment(root, several, { name: 'there' }, true));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message.split('\n')).toEqual([
    'the configuration of there is not complete:',
    'env/.env.common:1: is not of the form NAME=value',
    'env/.env.common:3: the value of A begins with ", which is never closed',
    'secrets/.env.there.secrets: no such file',
    'env/.env.there:1: POSTGRES_USER is empty',
    'POSTGRES_DB is in none of the env files (compose.yml:1)',
    'POSTGRES_PASSWORD is in none of the env files (compose.yml:3)',
    'absent.yml: no such file',
  ]);
  expect(error.hint).toBe(
    'install -m 600 secrets/.env.template.secrets secrets/.env.there.secrets and set POSTGRES_PASSWORD in it',
  );
});

test.each([
  [
    'the template gives all that is missing',
    {},
    'make up ENV=here, which makes secrets/.env.here.secrets with a random POSTGRES_PASSWORD',
  ],
  [
    'something else is missing',
    { 'env/.env.here': '' },
    'install -m 600 secrets/.env.template.secrets secrets/.env.here.secrets',
  ],
])('where nothing may be made for a local environment, and %s', (_what, files, hint) => {
  const root = project({ ...COMPLETE, ...files });
  rmSync(join(root, 'secrets/.env.here.secrets'), { force: true });
  const error = thrownBy(() => resolveEnvironment(root, registry, { name: 'here' }, false));
  expect(error.hint).toContain(hint);
});

test('the hint of a file to correct', () => {
  const root = project({ ...COMPLETE, 'secrets/.env.there.secrets': 'POSTGRES_PASSWORD=' });
  const error = thrownBy(() => resolveEnvironment(root, registry, { name: 'there' }, true));
  expect(error.message).toBe(
    'the configuration of there is not complete:\nsecrets/.env.there.secrets:1: POSTGRES_PASSWORD is empty',
  );
  expect(error.hint).toBe('correct it, then type: make check ENV=there');
});

test('a secrets file that others may read is a warning', () => {
  const root = project(COMPLETE);
  chmodSync(join(root, 'secrets/.env.there.secrets'), 0o644);
  expect(resolveEnvironment(root, registry, { name: 'there' }, true).warnings).toEqual([
    'secrets/.env.there.secrets is readable by others (mode 644): chmod 600 secrets/.env.there.secrets',
  ]);
});

describe('the secrets of a local environment', () => {
  test('are made on first use, for the owner only, and kept', () => {
    const root = project(COMPLETE);
    const file = join(root, 'secrets/.env.here.secrets');
    const first = resolveEnvironment(root, registry, { name: 'here' }, true);
    expect(first.notes).toEqual(['made secrets/.env.here.secrets with a random POSTGRES_PASSWORD']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(first.variables.get('POSTGRES_PASSWORD')).toMatchObject({
      value: expect.stringMatching(/^[\w-]{24}$/) as string,
      secret: true,
      plain: true,
    });
    const content = readFileSync(file, 'utf8');
    const second = resolveEnvironment(root, registry, { name: 'here' }, true);
    expect(second.notes).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  test('are not made in a dry run', () => {
    const root = project(COMPLETE);
    expect(() => resolveEnvironment(root, registry, { name: 'here' }, false)).toThrow(
      'secrets/.env.here.secrets: no such file',
    );
    expect(existsSync(join(root, 'secrets/.env.here.secrets'))).toBe(false);
  });

  test('are never made for another one', () => {
    const root = project(COMPLETE);
    rmSync(join(root, 'secrets'), { recursive: true });
    expect(() => resolveEnvironment(root, registry, { name: 'there' }, true)).toThrow(ConfigurationError);
    expect(existsSync(join(root, 'secrets'))).toBe(false);
  });
});

describe('names of a repository', () => {
  const own: Registry = {
    default: 'dev',
    names: { composeFile: 'deploy/{environment}.yml', envFiles: [] },
    environments: {
      dev: { protected: false, stack: 'compose', composeFile: 'compose.yaml', envFiles: ['.env'] },
      live: { protected: true, stack: 'compose' },
      box: { protected: false, stack: 'embedded', envFiles: ['.env'] },
    },
  };

  test('a single .env at the root; what the compose file gives a default is not asked for', () => {
    const root = project({
      'compose.yaml': 'x: ${POSTGRES_USER:-app} ${TAG} $${ESCAPED:?}',
      '.env': 'A=1\n',
    });
    const environment = resolveEnvironment(root, own, { name: 'dev' }, true);
    expect(environment.envFiles).toEqual([{ path: '.env', secret: false }]);
    expect([...environment.variables.keys()]).toEqual(['A']);
  });

  test('no env files at all', () => {
    const root = project({ 'deploy/live.yml': 'POSTGRES_PASSWORD: literal' });
    expect(resolveEnvironment(root, own, { name: 'live' }, true)).toMatchObject({
      envFiles: [],
      names: { composeFiles: ['deploy/live.yml'] },
    });
  });

  test('the embedded server needs name, user and password', () => {
    const root = project({ '.env': 'POSTGRES_USER=u\n' });
    expect(thrownBy(() => resolveEnvironment(root, own, { name: 'box' }, true)).message.split('\n')).toEqual([
      'the configuration of box is not complete:',
      'POSTGRES_DB is in none of the env files',
      'POSTGRES_PASSWORD is in none of the env files',
    ]);
  });

  test('a secrets file is made from the template, whatever it has in it', () => {
    const local: Registry = {
      default: 'dev',
      names: { secretsTemplate: 'secrets.example', envFiles: [{ path: '.secrets', secret: true }] },
      environments: { dev: { protected: false, local: true, stack: 'compose', composeFile: 'c.yml' } },
    };
    const root = project({
      'c.yml': '${DB_PASS:?} ${MODE:?}',
      'secrets.example': 'DB_PASS=\n# x\nMODE=plain\n',
    });
    const { notes } = resolveEnvironment(root, local, { name: 'dev' }, true);
    expect(notes).toEqual(['made .secrets with a random DB_PASS']);
    expect(readFileSync(join(root, '.secrets'), 'utf8')).toMatch(/^DB_PASS=[\w-]{24}\nMODE=plain\n$/);
  });
});
