import { openWaitingRoom, type WaitingRoom } from '#http';
import { Fault, sleep } from '#kernel';
import { isOutage } from '#storage';
import { type App, type AppOptions, openApp } from '../app.ts';

export interface PatientStartOptions extends AppOptions {
  /** Ends the waiting: the start is not wanted any more. */
  readonly signal: AbortSignal;
}

const tryAgainMs = 1_000;

/**
 * Opens the app. While its database server does not answer or takes no writes, it listens all the
 * same, says at /ready why it cannot serve, and begins by itself when it can. Null when it was told
 * to end before.
 *
 * @throws as `openApp` for everything that waiting does not mend.
 */
export async function openPatiently(options: PatientStartOptions): Promise<App | null> {
  let room: WaitingRoom | null = null;
  let reason = '';
  const vacate = async () => {
    const port = room?.port;
    await room?.close();
    room = null;
    return port ?? options.config.port;
  };
  try {
    for (;;) {
      const opened = await tryToOpen({ ...options, vacate });
      if (typeof opened !== 'string') return opened;
      reason = opened;
      room ??= await wait(options, () => reason);
      await sleep(options.clock, tryAgainMs, options.signal).catch(() => undefined);
      if (options.signal.aborted) return null;
    }
  } finally {
    await room?.close();
  }
}

/** Why not, while only waiting helps. */
async function tryToOpen(options: AppOptions): Promise<App | string> {
  try {
    return await openApp(options);
  } catch (thrown) {
    const reason = options.config.databaseUrl && mendedByWaiting(thrown);
    if (reason) return reason;
    throw thrown;
  }
}

function mendedByWaiting(thrown: unknown): string | null {
  if (isOutage(thrown)) return 'the database does not answer';
  return thrown instanceof Fault && thrown.code === 'UNAVAILABLE' ? thrown.public : null;
}

async function wait({ config, log }: AppOptions, reason: () => string): Promise<WaitingRoom> {
  const { host, port } = config;
  const room = await openWaitingRoom({ host, port, reason, log });
  const address = `http://${host}:${room.port}`;
  log.warn('Nothing is served yet.', { address, reason: reason() });
  return room;
}
