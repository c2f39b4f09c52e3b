import { type Check } from '../../output/check-result.ts';
import { type Server } from './connection.ts';
/** Whether the server answers, and how far it is sure to be the one. Its password is asked for with every connection. */
export declare const ENGINE: Check<Server>;
