import { expect, test } from 'vitest';
import { holderOf, takenPorts, wantedPorts } from '../../lib/stack/compose/ports.ts';

test('fixed ports of all services; what docker chooses is always free', () => {
  const services = {
    db: { ports: [{ host_ip: '127.0.0.1', published: '5433' }] },
    web: { ports: [{ published: '80' }, { published: '0' }, {}] },
    other: {},
  };
  expect(wantedPorts({ services })).toEqual([
    { service: 'db', address: '127.0.0.1', port: 5433 },
    { service: 'web', address: '', port: 80 },
  ]);
});

test('what docker ps says is taken', () => {
  const lines = [
    'shop-web-1\tshop\t0.0.0.0:80->8000/tcp, [::]:80->8000/tcp, 5432/tcp',
    'lone\t\t127.0.0.1:9000-9001->9000-9001/tcp',
    'quiet\tshop\t',
    '',
  ].join('\n');
  expect(takenPorts(lines)).toEqual([
    { container: 'shop-web-1', project: 'shop', address: '0.0.0.0', port: 80 },
    { container: 'shop-web-1', project: 'shop', address: '[::]', port: 80 },
    { container: 'lone', project: '', address: '127.0.0.1', port: 9000 },
    { container: 'lone', project: '', address: '127.0.0.1', port: 9001 },
  ]);
});

test.each([
  ['', '0.0.0.0', true],
  ['127.0.0.1', '0.0.0.0', true],
  ['127.0.0.1', ':::', true],
  ['', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '10.0.0.1', false],
])('an address of %j meets one of %j: %s', (wanted, taken, meets) => {
  const found = holderOf({ service: 's', address: wanted, port: 80 }, [
    { container: 'c', project: 'p', address: taken.replace(':::', '::'), port: 80 },
  ]);
  expect(found !== undefined).toBe(meets);
  expect(
    holderOf({ service: 's', address: wanted, port: 81 }, [
      { container: 'c', project: 'p', address: taken, port: 80 },
    ]),
  ).toBeUndefined();
});
