import { createHmac, createSecretKey } from 'node:crypto';
import type { Cipher, Payer, Principal } from '#identity';
import { base32Digits } from '#kernel';

/** Tells, on every node alike and without a record, whether an id was made for a credential. */
export interface Tags {
  /** The id with its last characters, chance until then, as the tag of who asks for the run. */
  tagged(id: string, pays: Payer): string;
  isOf(id: string, caller: Principal): boolean;
}

/** A guess in a million is right, and tells that nothing is left of what was not there. */
const tagLength = 4;

/**
 * The tag is a keyed hash (HMAC-SHA-256) of the rest of the id and of the credential: without the
 * installation's key it is chance.
 */
export function idTags(cipher: Pick<Cipher, 'derive'>): Tags {
  const key = createSecretKey(cipher.derive('ids of completions 1'));
  const tagged = (id: string, credential: string) => {
    const rest = id.slice(0, -tagLength);
    const digest = createHmac('sha256', key).update(`${rest} ${credential}`).digest();
    let tag = '';
    for (let index = 0; index < tagLength; index++) tag += base32Digits[(digest[index] ?? 0) & 31];
    return rest + tag;
  };
  return {
    tagged: (id, { apiKey, userId }) => tagged(id, apiKey?.id ?? userId ?? ''),
    isOf(id, caller) {
      if (caller.kind === 'anonymous') return false;
      return id === tagged(id, caller.kind === 'apiKey' ? caller.apiKey.id : caller.userId);
    },
  };
}
