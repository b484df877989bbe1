/** Ways to break the protocol, each of which the simulation must find. */
export const sabotages = {
  'no fence': 'whoever has ended may still append, post and lease',
  'no unique completion': 'a completion that comes again is inserted again',
  'totals from the input':
    'what is moved is summed over what was asked, not over what was inserted',
  'freed before posted': 'a dead session loses its leases before its journal is posted',
  'unposted money given back': 'a return takes along what is charged and not yet posted',
  'no claim check': 'a completion that lost its key is charged all the same',
  'wall time for ticks': 'a session dies by the wall, also while nobody could renew it',
  'one clock': 'a node trusts its wall clock alone',
  'no replay': 'a node that starts again leaves its journal file unread',
  'numbers before commits':
    'a change is numbered when it begins, and read by what is greater than the last',
} as const;

export type Sabotage = keyof typeof sabotages;
