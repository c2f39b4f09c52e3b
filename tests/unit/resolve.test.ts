import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Registry } from '../../lib/environment/registry.ts';
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

const COMPLETE = {
  'compose.yml': '',
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

test('what the shell exports does not count', () => {
  process.env['POSTGRES_DB'] = 'exported';
  onTestFinished(() => void delete process.env['POSTGRES_DB']);
  const { variables } = resolveEnvironment(project(COMPLETE), registry, { name: 'there' }, true);
  expect(variables.get('POSTGRES_DB')?.value).toBe('own');
  expect(process.env['TZ']).not.toBe('Asia/Tokyo');
});

test('everything that is wrong is named at once', () => {
  const root = project({
    'env/.env.common': 'broken\n\nA="never closed\n',
    'env/.env.there': 'POSTGRES_USER=\n',
  });
  const error = thrownBy(() => resolveEnvironment(root, registry, { name: 'there' }, true));
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error.message.split('\n')).toEqual([
    'the configuration of there is not complete:',
    'env/.env.common:1: is not of the form NAME=value',
    'env/.env.common:3: the value of A begins with ", which is never closed',
    'secrets/.env.there.secrets: no such file',
    'env/.env.there:1: POSTGRES_USER is empty',
    'POSTGRES_DB is in none of the env files',
    'POSTGRES_PASSWORD is in none of the env files',
    'compose.yml: no such file',
  ]);
  expect(error.hint).toBe(
    'install -m 600 secrets/.env.template.secrets secrets/.env.there.secrets and set POSTGRES_PASSWORD in it',
  );
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
