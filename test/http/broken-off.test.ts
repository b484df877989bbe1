import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { bodyOf, openExchange } from '../../src/http/exchange.ts';

it('a client that leaves in the middle of its body is no failure of ours', async () => {
  const request = new IncomingMessage(new Socket());
  const body = bodyOf(openExchange(request, new ServerResponse(request)));
  request.destroy(new Error('aborted'));
  await expect(body).rejects.toMatchObject({ code: 'CANCELLED' });
});
