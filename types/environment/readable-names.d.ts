import type { Environment } from './resolve.ts';
import type { Registry } from './entry.ts';
import type { Redactor } from '../output/redact.ts';
export declare function namesOfRegistry({ environments, removed }: Registry, root: string): string[];
export declare const namesOfEnvironment: ({ project, names, variables, envFiles }: Environment) => string[];
/** What the env files keep secret. */
export declare function hideSecrets(redactor: Redactor, { variables }: Pick<Environment, 'variables'>): void;
