import type { Stack } from '../../stack/stack.ts';
import type { BackupFacts } from './backup-facts.ts';
/** Facts with a seal; without one where the environment has no password. */
export declare function withSeal(stack: Pick<Stack, 'seal'>, facts: BackupFacts): Promise<BackupFacts>;
/** Whether the facts were sealed with the password that the environment has now. */
export declare function isSealed(stack: Pick<Stack, 'seal'>, facts: BackupFacts): Promise<boolean>;
