#!/usr/bin/env node
// The package's files are TypeScript, which Node itself does not run in node_modules.
import('tsx').then(() => require('../lib/cli/cli.ts').main());
