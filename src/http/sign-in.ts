import { currentOrigin } from '#audit';
import { addressHeader } from '#identity';
import type { Rooms } from '#schema';
import { ForeignOrigin } from './callers.ts';
import { simpleContentType } from './cross-site-forms.ts';
import { bodyOf, type Exchange, RequestRefused } from './exchange.ts';

/** `/auth/*`: the requests of people who sign up, in and out. */
export async function answerSignIn(exchange: Exchange, rooms: Rooms): Promise<void> {
  const { request, response } = exchange;
  if (simpleContentType.test(request.headers['content-type'] ?? '')) {
    throw new RequestRefused(415, 'Send the request as application/json.');
  }
  const { origin } = request.headers;
  const foreign = origin !== undefined && !rooms.site.origins.includes(origin);
  if (foreign && request.method === 'POST') throw new ForeignOrigin();
  const body = request.method === 'POST' ? await bodyOf(exchange) : null;
  const answer = await rooms.people.answer(webRequest(exchange, rooms, body));
  const cookies = answer.headers.getSetCookie();
  for (const [name, value] of answer.headers) {
    if (name !== 'set-cookie') response.setHeader(name, value);
  }
  if (cookies.length > 0) response.setHeader('Set-Cookie', cookies);
  response.setHeader('Cache-Control', 'no-store');
  response.writeHead(answer.status);
  response.end(Buffer.from(await answer.arrayBuffer()));
}

function webRequest({ request, url }: Exchange, { site }: Rooms, body: Buffer | null): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string' && !/^(?:host|x-forwarded-.*)$/.test(name)) {
      headers.set(name, value);
    }
  }
  headers.set(addressHeader, currentOrigin().address ?? '');
  // Browsers say where a page is from; what says nothing of the kind is a program of its owner.
  if (!headers.has('origin') && !headers.has('sec-fetch-site')) {
    headers.set('origin', new URL(site.url).origin);
  }
  const method = request.method ?? 'GET';
  const target = new URL(url.pathname + url.search, site.url);
  return new Request(target, { method, headers, body: body && new Uint8Array(body) });
}
