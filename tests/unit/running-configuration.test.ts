import { describe, expect, test } from 'vitest';
import {
  describeOutdated,
  findOutdated,
  type MadeContainer,
} from '../../lib/stack/compose/running-configuration.ts';

const [NOW, FROZEN, OLD] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const hashes = new Map([
  ['db', new Set([NOW, FROZEN])],
  ['api', new Set([NOW])],
]);
const services = {
  db: { environment: { POSTGRES_PASSWORD: 'new', POSTGRES_USER: 'app', TZ: null } },
  api: { environment: { URL: 'postgres://a=b' } },
};
const db = (more: Partial<MadeContainer>): MadeContainer => ({
  ...{ service: 'db', name: 'shop-db-1', hash: OLD, env: [] },
  ...more,
});

describe('containers that are older than the configuration', () => {
  const CASES: [what: string, container: MadeContainer, variables: string[] | undefined][] = [
    ['made from the files', db({ hash: NOW }), undefined],
    ['made from what the files resolve to', db({ hash: FROZEN }), undefined],
    ['no container of compose', db({ hash: undefined }), undefined],
    ['of a service that is gone', db({ service: 'old' }), undefined],
    [
      'another value',
      db({ env: ['POSTGRES_PASSWORD=old', 'POSTGRES_USER=app', 'TZ=UTC'] }),
      ['POSTGRES_PASSWORD'],
    ],
    ['something else than a variable', db({ env: ['POSTGRES_PASSWORD=new', 'POSTGRES_USER=app'] }), []],
    ['a variable that is new', db({ env: ['POSTGRES_PASSWORD=new'] }), ['POSTGRES_USER']],
    ['a value with =', db({ service: 'api', env: ['URL=postgres://a=b'] }), []],
    ['a value of several lines', db({ service: 'api', env: ['URL=postgres://a=b\nc'] }), ['URL']],
  ];
  test.each(CASES)('%s', (_what, container, variables) => {
    const found = findOutdated([container], hashes, services);
    expect(found.map((one) => one.variables)).toEqual(variables === undefined ? [] : [variables]);
  });

  test('values are not told', () => {
    const found = findOutdated(
      [db({ env: ['POSTGRES_PASSWORD=s3cret'] }), db({ service: 'api', env: ['URL=postgres://a=b'] })],
      hashes,
      services,
    );
    expect(describeOutdated(found)).toBe('db (POSTGRES_PASSWORD, POSTGRES_USER), api');
  });
});
