import { InvalidInput, isKeepable } from '#kernel';

const reasonMax = 500;
const keyForm = /^[\x20-\x7e]{1,255}$/;

export const reasonText = `Stands in the ledger; 1 to ${reasonMax} characters.`;
export const keyText =
  '1 to 255 printable characters: the same key moves it once, and returns that entry; with ' +
  'another input it is a CONFLICT.';

interface Reasoned {
  readonly reason: string;
  readonly idempotencyKey: string;
}

/** Why money is moved, and under which key. Each reader throws InvalidInput with its field. */
export const reasoned = ({ reason, idempotencyKey }: Reasoned) => ({
  reason: () => {
    const fits = reason.trim().length > 0 && reason.length <= reasonMax;
    if (fits && isKeepable(reason)) return reason;
    const accepted = `1 to ${reasonMax} characters, no NUL, no half of a pair`;
    throw InvalidInput.at('input.reason', 'It is not a valid reason.', accepted);
  },
  key: () => {
    if (keyForm.test(idempotencyKey)) return idempotencyKey;
    const accepted = '1 to 255 printable characters';
    throw InvalidInput.at('input.idempotencyKey', 'It cannot be used as a key.', accepted);
  },
});
