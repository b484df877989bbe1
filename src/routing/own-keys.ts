import type { Endpoint } from '#catalog';
import type { Secret } from '#kernel';

/** A credential at a provider that whoever pays has of their own. */
export interface OwnKey {
  readonly id: string;
  readonly secret: Secret;
  /** When it is refused or fails, the platform's credential may be used. */
  readonly fallbackToPlatform: boolean;
}

/** By provider id, in the order in which they are tried. */
export type OwnKeys = ReadonlyMap<string, readonly OwnKey[]>;

/** What an attempt is made with: an own key, or, without one, the platform's credential. */
export interface Tried {
  readonly endpoint: Endpoint;
  readonly ownKey?: OwnKey | undefined;
}
