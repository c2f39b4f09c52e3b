import { describe } from 'vitest';
import { useFarServer } from '../helpers/managed-server.ts';
import { worldSuite } from '../shared/world-suite.ts';

describe('dumps that come to a server that somebody else runs', async () => {
  worldSuite({ scratch: await useFarServer(), environment: 'vm_far' });
});
