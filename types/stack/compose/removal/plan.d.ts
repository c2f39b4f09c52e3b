import type { Plan } from '../../plan.ts';
import type { ListedContainer } from '../containers/container.ts';
import type { ProjectFacts } from './project-facts.ts';
/** What a reset of the project removes, what of it stays, and what stands in the way. Pure. */
export declare function planProject(facts: ProjectFacts): Plan;
/** `other-db-1 (project other)` */
export declare function describe(container: ListedContainer): string;
