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
 * Opens the app. While its database server does not answer it listens all the same, says at /ready
 * why it cannot serve, and begins by itself when that answers. Null when it was told to end before.
 *
 * @throws as `openApp` for everything that waiting does not mend.
 */
export async function openPatiently(options: PatientStartOptions): Promise<App | null> {
  let room: WaitingRoom | null = null;
  const vacate = async () => {
    const port = room?.port;
    await room?.close();
    room = null;
    return port ?? options.config.port;
  };
  try {
    for (;;) {
      const app = await tryToOpen({ ...options, vacate });
      if (app) return app;
      room ??= await wait(options);
      await sleep(options.clock, tryAgainMs, options.signal).catch(() => undefined);
      if (options.signal.aborted) return null;
    }
  } finally {
    await room?.close();
  }
}

/** Null while only waiting helps. */
async function tryToOpen(options: AppOptions): Promise<App | null> {
  try {
    return await openApp(options);
  } catch (thrown) {
    if (options.config.databaseUrl && isAway(thrown)) return null;
    throw thrown;
  }
}

const isAway = (thrown: unknown) =>
  isOutage(thrown) || (thrown instanceof Fault && thrown.code === 'UNAVAILABLE');

async function wait({ config, log }: AppOptions): Promise<WaitingRoom> {
  const { host, port } = config;
  const reason = 'the database does not answer';
  const room = await openWaitingRoom({ host, port, reason, log });
  const address = `http://${host}:${room.port}`;
  log.warn('The database does not answer: nothing is served until it does.', { address });
  return room;
}
