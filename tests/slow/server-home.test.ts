import { describe } from 'vitest';
import { useFarServer } from '../helpers/managed-server.ts';
import { homeSuite } from '../shared/home-suite.ts';

describe('backups that go back on a server that somebody else runs', async () => {
  homeSuite({ scratch: await useFarServer(), environment: 'vm_far' });
});
