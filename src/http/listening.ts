import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidInput } from '#kernel';

/** Resolves to the port. @throws InvalidInput that names the setting with which it cannot be */
export function listening(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(refusal(error, host, port));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const ofPort: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another process',
  EACCES: 'may not be taken by this user',
};

const ofHost = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);

function refusal(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const { code = '' } = error;
  const why = ofPort[code];
  if (why) return InvalidInput.at('PORT', `${port} ${why}.`, 'a port that is free; 0 takes one');
  if (!ofHost.has(code)) return error;
  return InvalidInput.at('HOST', `"${host}" is no address of this machine.`, accepted);
}

const accepted = 'an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them';
