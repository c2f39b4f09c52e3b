import type { Engine } from '../engine/engine.ts';
import { openRelay, type From, type Relay } from './relay.ts';

/** Where a session connects: a container, and the server's port in it. */
interface Place {
  readonly container: string;
  readonly from: From;
  readonly port: number | undefined;
}

/** By place. */
const spares = new Map<string, Relay[]>();

const keyOf = ({ container, from, port }: Place): string => `${container} ${from} ${port ?? ''}`;

/**
 * Opens relays that the next sessions take: each is a process in a container, which takes 0.15 s to start, and a person
 * waits at the screen anyway. The server ends one that nobody logs in over (authentication_timeout, one minute).
 */
export function openSpares(engine: Engine, place: Place, count: number): void {
  closeSpares(place.container);
  const { container, ...to } = place;
  const opened = Array.from({ length: count }, () => openRelay(engine, container, to));
  opened.forEach((relay) => relay.hold(false));
  spares.set(keyOf(place), opened);
}

/** A spare relay that is still open; undefined if there is none. */
export function takeSpare(place: Place): Relay | undefined {
  const relay = spares.get(keyOf(place))?.shift();
  if (relay?.connection.destroyed) return takeSpare(place);
  relay?.hold(true);
  return relay;
}

/** Ends those of a container. */
export function closeSpares(container: string): void {
  for (const [key, relays] of spares) {
    if (!key.startsWith(`${container} `)) continue;
    spares.delete(key);
    relays.forEach((relay) => relay.kill());
  }
}
