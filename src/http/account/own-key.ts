import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { callerOf } from '../rest/caller.ts';
import { ownKey } from './key-view.ts';
import { spendingOf } from './spending.ts';

/** `GET …/key`: what the key that asks may spend, and has spent. */
export async function answerOwnKey(exchange: Exchange, rooms: Rooms): Promise<void> {
  const principal = await callerOf(exchange, rooms);
  if (principal.kind !== 'apiKey') {
    throw new Fault('FORBIDDEN', {
      public: 'This describes the API key that asks, and you are a person: send a key.',
    });
  }
  const { apiKey } = principal;
  const spending = await spendingOf([apiKey.id], rooms);
  sendJson(exchange.response, 200, { data: await ownKey(apiKey, spending(apiKey.id), rooms) });
}
