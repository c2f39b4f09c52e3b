import type { Registry } from '../lib/environment/entry.ts';

/** The environments of this repository. Data only: one entry an environment. */
export default {
  default: 'local_dev',
  environments: {
    local_dev: {
      aliases: ['dev'],
      protected: false,
      local: true,
      stack: 'compose',
      composeFile: 'docker/docker-compose.dev.yml',
    },
    local_demo: {
      protected: false,
      local: true,
      // 'compose' runs it in containers instead.
      stack: 'embedded',
      composeFile: 'docker/docker-compose.local_demo.yml',
      alembicIni: 'app/backend/core_api/migrations/alembic.ini',
    },
    vm_stg: {
      aliases: ['stg'],
      protected: false,
      stack: 'compose',
      composeFile: 'docker/docker-compose.stg.yml',
    },
    vm_prod: {
      aliases: ['prod'],
      protected: true,
      stack: 'compose',
      composeFile: 'docker/docker-compose.prod.yml',
    },
  },
  removed: { local_stg: 'vm_stg', local_prod: 'vm_prod' },
} satisfies Registry;
