import type { Finding } from '../../output/check-result.ts';
import { type Home } from './server.ts';
/** Whether the server can run on this machine, and does. Its password is asked for with every connection. */
export declare function diagnoseEmbedded(home: Home): Finding;
