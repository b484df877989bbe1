import type { Letter } from './mail.ts';

/** What people are written. Each link works once, or for an hour. */

export const verificationLetter = (to: string, link: string): Letter => ({
  to,
  subject: 'Is this your address?',
  text: `Somebody, you we hope, signed up to Bourse with this address. If so, open:\n${link}`,
});

export const resetLetter = (to: string, link: string): Letter => ({
  to,
  subject: 'A new password',
  text: `Choose a new password within the hour, if it was you who asked for it:\n${link}`,
});

/** To who signed up again: the browser is told the same as for a new address. */
export const knownAlreadyLetter = (to: string, address: string): Letter => ({
  to,
  subject: 'You have an account already',
  text: `Somebody signed up to Bourse with this address, which has an account. Sign in at:\n${address}`,
});
