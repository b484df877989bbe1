/** Subjects are ids of keys; `*` when changes were missed. */
export const changeTopic = 'provider-keys';
