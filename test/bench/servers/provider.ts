import { createServer, type ServerResponse } from 'node:http';
import { askedIn } from '../prompt.ts';
import { listen } from './listen.ts';

/** The provider behind everything that is measured: ready bytes, in the form of OpenAI's chunks. */
const chunk = (choice: object) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'bench',
    choices: [{ index: 0, ...choice }],
  })}\n\n`;
const token = chunk({ delta: { content: ' tok' }, finish_reason: null });
const tokenBytes = Buffer.from(token);
const usage = (tokens: number) => ({
  prompt_tokens: 20,
  completion_tokens: tokens,
  total_tokens: 20 + tokens,
});
const end = (tokens: number) =>
  `${chunk({ delta: {}, finish_reason: 'stop' })}data: ${JSON.stringify({
    choices: [],
    usage: usage(tokens),
  })}\n\ndata: [DONE]\n\n`;

/** Tokens that a provider in a hurry writes in one turn, each a chunk of its own. */
const burst = 20;

listen(
  createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => answer(Buffer.concat(pieces).toString('latin1'), response));
  }),
);

function answer(body: string, response: ServerResponse): void {
  const { tokens, everyMs, waitMs } = askedIn(body);
  const streamed = body.includes('"stream":true');
  const go = () => {
    if (!streamed) whole(response, tokens);
    else if (everyMs > 0) paced(response, tokens, everyMs);
    else inBulk(response, tokens);
  };
  if (waitMs > 0) setTimeout(go, waitMs);
  else go();
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

function paced(response: ServerResponse, tokens: number, everyMs: number): void {
  begin(response);
  let sent = 0;
  const timer = setInterval(() => {
    response.write(tokenBytes);
    if (++sent < tokens) return;
    clearInterval(timer);
    response.end(end(tokens));
  }, everyMs);
  response.once('close', () => {
    clearInterval(timer);
    // Whoever asked has left before the end: told to whoever wants to know how soon that was seen.
    if (sent < tokens) process.send?.({ leftAt: performance.timeOrigin + performance.now() });
  });
}

function inBulk(response: ServerResponse, tokens: number): void {
  begin(response);
  let sent = 0;
  const more = () => {
    const until = Math.min(sent + burst, tokens);
    for (; sent < until; sent++) response.write(tokenBytes);
    if (sent < tokens) setImmediate(more);
    else response.end(end(tokens));
  };
  more();
}

function whole(response: ServerResponse, tokens: number): void {
  const bytes = Buffer.from(
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1_760_000_000,
      model: 'bench',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: ' tok'.repeat(tokens) },
          finish_reason: 'stop',
        },
      ],
      usage: usage(tokens),
    }),
  );
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': bytes.length,
  });
  response.end(bytes);
}
