/** SQLSTATE lock_not_available, as the driver has it and as Prisma tells of it. */
const lockNotAvailable = '55P03';

/** True when a statement was ended because somebody else had what it needed for too long. */
export const isLockTimeout = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  (('code' in thrown && thrown.code === lockNotAvailable) ||
    thrown.message.includes(`Code: \`${lockNotAvailable}\``));
