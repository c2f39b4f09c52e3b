#!/usr/bin/env node
// The package has JavaScript; its repository has the sources, which tsx runs.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const load = existsSync(join(__dirname, '../lib'))
  ? () => import('tsx').then(() => require('../lib/cli/cli.ts'))
  : () => import('../dist/lib/cli/cli.js');
load().then(({ main }) => main());
