import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { callerOf } from '../rest/caller.ts';
import { ownKey } from './key-view.ts';
import { spendingOf } from './spending.ts';

/** `GET …/key`: what the key that asks may spend, and has spent. */
export async function answerOwnKey(exchange: Exchange, rooms: Rooms): Promise<void> {
  const principal = callerOf(exchange, rooms);
  if (principal.kind === 'anonymous') throw keyNeeded();
  if (principal.kind === 'user') {
    throw new Fault('FORBIDDEN', { public: 'This tells of an API key; you are a person.' });
  }
  const { apiKey } = principal;
  const spending = await spendingOf([apiKey.id], rooms);
  sendJson(exchange.response, 200, { data: await ownKey(apiKey, spending(apiKey.id), rooms) });
}

const keyNeeded = () =>
  new Fault('UNAUTHENTICATED', {
    public: 'This needs a credential. Send an API key as "Authorization: Bearer <key>".',
  });
