import type { StackRun } from '../task.ts';
import { quoteName } from './quote.ts';

/** What makes a database that is not there. Compose's image makes one with new storage only. */
export const whatMakes = ({
  environment,
  stack,
  command,
}: Pick<StackRun, 'environment' | 'stack' | 'command'>): string =>
  environment.entry.stack === 'compose'
    ? `make it on the server: CREATE DATABASE ${quoteName(stack.database.name)} OWNER ${quoteName(stack.database.user)}; then: ${command('up', { ENV: environment.name })}`
    : command('up', { ENV: environment.name });
