import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { listening } from '../../src/http/listening.ts';

it('a port that is taken is told by the name of its setting', async () => {
  const first = createServer();
  const port = await listening(first, '127.0.0.1', 0);
  await expect(listening(createServer(), '127.0.0.1', port)).rejects.toMatchObject({
    public: expect.stringMatching(/^PORT: \d+ is in use by another process\. Accepted: .*free/),
  });
  await new Promise((resolve) => first.close(resolve));
});

it('so is an address that this machine does not have', async () => {
  await expect(listening(createServer(), '192.0.2.1', 0)).rejects.toMatchObject({
    public: expect.stringMatching(/^HOST: "192\.0\.2\.1" is no address of this machine\./),
  });
});
