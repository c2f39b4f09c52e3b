import { expect, test } from 'vitest';
import { portHolder, portsOf, wantedPorts } from '../../lib/stack/compose/start/ports.ts';

test('fixed ports of all services; what docker chooses is always free', () => {
  const services = {
    db: { ports: [{ host_ip: '127.0.0.1', published: '5433' }] },
    web: { ports: [{ published: '80' }, { published: '0' }, {}, { published: '53', protocol: 'udp' }] },
    other: {},
  };
  expect(wantedPorts({ services })).toEqual([
    { service: 'db', address: '127.0.0.1', port: 5433 },
    { service: 'web', address: '', port: 80 },
  ]);
});

test('what the engine says is taken', () => {
  const listed = [
    {
      Names: ['/shop-web-1'],
      Labels: { 'com.docker.compose.project': 'shop' },
      Ports: [
        { IP: '0.0.0.0', PublicPort: 80, Type: 'tcp' },
        { IP: '::', PublicPort: 80, Type: 'tcp' },
        { IP: '0.0.0.0', PublicPort: 53, Type: 'udp' },
        { Type: 'tcp' },
      ],
    },
    { Names: ['/lone'], Labels: null, Ports: [{ IP: '127.0.0.1', PublicPort: 9000, Type: 'tcp' }] },
    { Names: ['/quiet'], Labels: {} },
  ].map((one) => ({ Id: '', State: 'running', Mounts: [], ...one }));
  expect(portsOf(listed)).toEqual([
    { container: 'shop-web-1', project: 'shop', address: '0.0.0.0', port: 80 },
    { container: 'shop-web-1', project: 'shop', address: '::', port: 80 },
    { container: 'lone', project: '', address: '127.0.0.1', port: 9000 },
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
  const found = portHolder({ service: 's', address: wanted, port: 80 }, [
    { container: 'c', project: 'p', address: taken.replace(':::', '::'), port: 80 },
  ]);
  expect(found !== undefined).toBe(meets);
  expect(
    portHolder({ service: 's', address: wanted, port: 81 }, [
      { container: 'c', project: 'p', address: taken, port: 80 },
    ]),
  ).toBeUndefined();
});
