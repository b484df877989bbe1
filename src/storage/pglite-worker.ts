/**
 * The worker thread of the embedded database: PGlite runs its statements on the thread that calls
 * it, and on the main thread each would stop every token stream for its length. Serves PostgreSQL's
 * wire protocol on a Unix socket.
 */
import { createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { invariant, systemClock } from '#kernel';
import { usualLimits } from './connections.ts';
import type { EmbeddedNews, EmbeddedOrder, EmbeddedStart } from './embedded.ts';
import { copyFiles } from './hourly-copy.ts';
import { compileEngine, openMortalPglite } from './mortal-pglite.ts';
import { type Seat, Turns } from './turns.ts';
import { UnitReader } from './wire.ts';

const { files, socket: socketPath, engine: compiled } = workerData as EmbeddedStart;
const parent = parentPort;
invariant(parent, 'the embedded database runs in a worker thread');

const engine = compiled ?? (await compileEngine());
const database = await openMortalPglite({ files, engine, die });

const turns = new Turns(
  {
    run,
    inTransaction: () => database.isInTransaction(),
    rollback: () => void run(simpleQuery('ROLLBACK')),
  },
  { clock: systemClock, idleMs: usualLimits.idleInTransactionMs },
);

const sockets = new Set<Socket>();
const server = createServer(serve);
server.listen(socketPath, () => say({ listening: true, engine }));
parent.on('message', (order: EmbeddedOrder) => {
  if (order === 'close') void close();
  else void copy(order.copyTo);
});

/**
 * Runs before it returns: only the flush to a file system that has none is left out. Of the ways to
 * speak the protocol this is the one that keeps no parsed copy of every answer. A rejection is the
 * death of the database: it is left unhandled, and ends the thread.
 */
function run(unit: Uint8Array): Uint8Array {
  const answer: Buffer[] = [];
  // A copy, since theirs is overwritten by what comes next.
  const onRawData = (bytes: Uint8Array) => void answer.push(Buffer.from(bytes));
  void database.execProtocolRawStream(unit, { syncToFs: false, onRawData });
  return Buffer.concat(answer);
}

function serve(socket: Socket): void {
  const reader = new UnitReader();
  const seat: Seat = {
    answer: (bytes) => void socket.write(bytes),
    expel: () => socket.destroy(),
  };
  sockets.add(socket);
  socket.on('data', (chunk) => {
    for (const unit of reader.read(chunk)) {
      if (unit === 'ends') return socket.end();
      if (unit === 'asks for encryption') socket.write('N');
      else turns.enter(seat, unit.run);
    }
  });
  socket.on('error', () => socket.destroy()); // `close` follows
  socket.on('close', () => {
    sockets.delete(socket);
    turns.leave(seat);
  });
}

function say(message: EmbeddedNews): void {
  parent?.postMessage(message);
}

function die(cause: unknown): never {
  say({ died: cause instanceof Error ? (cause.stack ?? cause.message) : JSON.stringify(cause) });
  process.exit(1);
}

/**
 * Ends what runs and leaves the files as a clean shutdown does; the thread ends with its last
 * handle.
 */
async function close(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await database.close();
  process.exit();
}

async function copy(folder: string): Promise<void> {
  if (files === null) return;
  await copyFiles(files, folder).catch((thrown) => {
    say({ notCopied: thrown instanceof Error ? thrown.message : String(thrown) });
  });
}

function simpleQuery(sql: string): Uint8Array {
  const message = Buffer.from(`Q\0\0\0\0${sql}\0`);
  message.writeInt32BE(message.length - 1, 1);
  return message;
}
