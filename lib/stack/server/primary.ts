import { byteSize, counted } from '../../output/display.ts';
import type { NodeSeen, NodeState } from './node.ts';

type Answered = NodeSeen & NodeState;
const answered = (seen: NodeSeen): seen is Answered => !('silent' in seen);

/**
 * Which server of a cluster is the primary, from what each says of itself and what its status URL says. Decides only
 * where nothing speaks against it: otherwise two servers may take changes, and one of them will lose its own.
 *
 * @returns its place in the list, or why nobody can know, in one sentence
 */
export function choosePrimary(
  seen: readonly NodeSeen[],
): { readonly primary: number } | { readonly unclear: string } {
  const nodes = seen.filter(answered);
  const systems = new Set(nodes.flatMap(({ systemIdentifier }) => systemIdentifier ?? []));
  if (systems.size > 1) return { unclear: 'the hosts are not one cluster: their system identifiers differ' };
  const primaries = nodes.filter(({ isStandby }) => !isStandby);
  const [primary] = primaries;
  if (primaries.length > 1) return { unclear: `there are ${primaries.length} primaries: ${list(primaries)}` };
  if (!primary) return { unclear: 'there is no primary' };
  const called = seen.filter((node) => node.called);
  if (seen.some((node) => node.called !== undefined) && (called.length !== 1 || called[0] !== primary))
    return {
      unclear: `${primary.address} says that it is the primary, and its status URL does not agree: ${
        called.length === 0 ? 'none says 200' : `200 of ${list(called)}`
      }`,
    };
  const ahead = nodes.find(({ timeline }) => (timeline ?? 0) > (primary.timeline ?? Infinity));
  if (ahead)
    return {
      unclear: `${ahead.address} follows timeline ${ahead.timeline}, and ${primary.address} is the primary of timeline ${primary.timeline} only`,
    };
  const silent = seen.length - nodes.length;
  if (called.length === 0 && silent > nodes.length)
    return {
      unclear: `${silent} of ${counted(seen.length, 'host')} do not answer, and another primary may be among them`,
    };
  return { primary: seen.indexOf(primary) };
}

const list = (nodes: readonly NodeSeen[]): string => nodes.map(({ address }) => address).join(' and ');

/** One line for each server: `n2:5432 standby, 16 kB behind`. */
export function describeNodes(seen: readonly NodeSeen[]): string[] {
  const primary = seen.find((node): node is Answered => answered(node) && !node.isStandby);
  return seen.map((node) => `${node.address} ${describe(node, primary)}`);
}

function describe(node: NodeSeen, primary: Answered | undefined): string {
  if (!answered(node)) return `does not answer: ${node.silent}`;
  if (!node.isStandby) return `primary${node.timeline === null ? '' : `, timeline ${node.timeline}`}`;
  const behind = lagOf(node, primary);
  return `standby${behind === null ? '' : `, ${behind === 0 ? 'nothing' : byteSize(behind)} behind`}`;
}

/** Bytes of WAL that a standby has yet to replay; null if not known. It may be ahead of a primary that was asked before. */
export function lagOf(node: NodeState, primary: NodeState | undefined): number | null {
  if (node.replayed === null || primary?.replayed == null) return null;
  return Math.max(0, primary.replayed - node.replayed);
}
