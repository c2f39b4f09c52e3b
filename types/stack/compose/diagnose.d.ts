import { type Check } from '../../output/check-result.ts';
import type { Diagnosed } from './diagnosed.ts';
export declare const DIAGNOSIS: readonly Check<Diagnosed>[];
