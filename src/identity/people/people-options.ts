import type { Clock, Log, Secret } from '#kernel';
import type { Storage } from '#storage';
import type { Cipher } from '../cipher.ts';
import type { Mail } from './mail.ts';

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

export interface PeopleOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly cipher: Cipher;
  readonly mail: Mail;
  readonly guesses: Guesses;
  /** Where this server is reached, and the origins that may use its cookies. */
  readonly site: Site;
  readonly github: OAuthClient | null;
  readonly google: OAuthClient | null;
  readonly oidc: (OAuthClient & { readonly issuer: string }) | null;
}

/** Counts what is guessed at; the room of limits does. */
export interface Guesses {
  take(guess: PasswordGuess | 'letters' | 'letter', who: string): Promise<number | null>;
  giveBack(guess: PasswordGuess, who: string): Promise<void>;
}

type PasswordGuess = 'password' | 'address' | 'account';

export interface Site {
  /** Known once the server listens. */
  readonly url: string;
  readonly origins: readonly string[];
}

/** The header in which the server says whose request it is; a client's own is overwritten. */
export const addressHeader = 'x-bourse-client-address';
