import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail server on a free port that keeps what it is given. */
export interface PostOffice {
  /** For SMTP_URL. */
  readonly url: string;
  /** The next letter to this address that was not asked for before, its text decoded. */
  letterTo(address: string): Promise<string>;
  readonly letters: readonly { readonly to: string; readonly text: string }[];
  close(): Promise<void>;
}

export async function openPostOffice(): Promise<PostOffice> {
  const letters: { to: string; text: string; taken: boolean }[] = [];
  let came = Promise.withResolvers<void>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece) => pieces.push(piece));
      stream.once('end', () => {
        const text = decoded(Buffer.concat(pieces).toString());
        const to = session.envelope.rcptTo[0]?.address ?? '';
        letters.push({ to, text, taken: false });
        came.resolve();
        came = Promise.withResolvers();
        done();
      });
    },
  });
  const listening = once(server.server, 'listening');
  server.listen(0, '127.0.0.1');
  await listening;
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    letters,
    async letterTo(address) {
      for (;;) {
        const letter = letters.find(({ to, taken }) => to === address && !taken);
        if (!letter) {
          await came.promise;
          continue;
        }
        letter.taken = true;
        return letter.text;
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Quoted-printable: RFC 2045, 6.7. */
const decoded = (text: string) =>
  text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
