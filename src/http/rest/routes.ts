import type { Rooms } from '#schema';
import { answerActivity } from '../account/activity.ts';
import { answerCredits } from '../account/credits.ts';
import { answerGeneration } from '../account/generation.ts';
import { changeKey, createKey, listKeys, revokeKey, showKey } from '../account/keys.ts';
import { answerOwnKey } from '../account/own-key.ts';
import { answerCountTokens } from '../anthropic/count-tokens.ts';
import { messages } from '../anthropic/messages.ts';
import { refuseMessages } from '../anthropic/messages-errors.ts';
import { answerEndpoints } from '../catalog/endpoints.ts';
import { answerModel, answerModelCount, answerModels } from '../catalog/models.ts';
import { answerProviders } from '../catalog/providers.ts';
import type { Exchange } from '../exchange.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { answerEmbeddings } from '../openai/embeddings.ts';
import { responses } from '../openai/responses.ts';
import { textCompletions } from '../openai/text-completions.ts';
import { matchAddress, type Parameters } from './address.ts';
import { type Refuse, refuse } from './refuse.ts';
import { type Asked, answerThrough, type RunDoor } from './run-door.ts';

type Answer = (exchange: Exchange, rooms: Rooms, parameters: Parameters) => Promise<void> | void;

/** One address below `/v1`, and what each method does there. */
interface Address {
  readonly methods: Readonly<Record<string, Answer>>;
  readonly refuse: Refuse;
}

const through = <Request extends Asked>(door: RunDoor<Request>): Address => ({
  methods: { POST: (exchange, rooms) => answerThrough(door, exchange, rooms) },
  refuse: door.refuse,
});

const reads = (answer: Answer): Address => ({
  methods: { GET: answer, HEAD: answer },
  refuse,
});

/** All of them are reached below `/api/v1` as well. */
const addresses: Readonly<Record<string, Address>> = {
  '/v1/chat/completions': through(chatCompletions),
  '/v1/completions': through(textCompletions),
  '/v1/embeddings': { methods: { POST: answerEmbeddings }, refuse },
  '/v1/messages': through(messages),
  '/v1/messages/count_tokens': { methods: { POST: answerCountTokens }, refuse: refuseMessages },
  '/v1/responses': through(responses),
  '/v1/models': reads(answerModels),
  '/v1/models/count': reads(answerModelCount),
  '/v1/model/{author}/{slug}': reads(answerModel),
  '/v1/models/{author}/{slug}/endpoints': reads(answerEndpoints),
  '/v1/providers': reads(answerProviders),
  '/v1/key': reads(answerOwnKey),
  '/v1/keys': { methods: { GET: listKeys, HEAD: listKeys, POST: createKey }, refuse },
  '/v1/keys/{hash}': {
    methods: { GET: showKey, HEAD: showKey, PATCH: changeKey, DELETE: revokeKey },
    refuse,
  },
  '/v1/credits': reads(answerCredits),
  '/v1/generation': reads(answerGeneration),
  '/v1/activity': reads(answerActivity),
};

const patterned = Object.entries(addresses).filter(([pattern]) => pattern.includes('{'));

export interface RestRoute {
  readonly methods: readonly string[];
  answer(exchange: Exchange): Promise<void> | void;
  readonly refuse: Refuse;
}

/** What answers at a path; null when nothing does. */
export function restRoute(path: string, rooms: Rooms): RestRoute | null {
  const place = placeOf(path);
  const exact = addresses[place];
  if (exact) return routeOf(exact, rooms, {});
  for (const [pattern, address] of patterned) {
    const parameters = matchAddress(pattern, place);
    if (parameters) return routeOf(address, rooms, parameters);
  }
  return null;
}

const placeOf = (path: string) => path.replace(/^\/api(?=\/v1\/)/, '').replace(/\/$/, '');

/** The pattern that a path is of, as `/v1/keys/{hash}`; null when it is of none. */
export function restPatternOf(path: string): string | null {
  const place = placeOf(path);
  if (Object.hasOwn(addresses, place)) return place;
  return patterned.find(([pattern]) => matchAddress(pattern, place))?.[0] ?? null;
}

function routeOf(address: Address, rooms: Rooms, parameters: Parameters): RestRoute {
  const { methods, refuse } = address;
  return {
    methods: Object.keys(methods),
    answer: (exchange) => methods[exchange.request.method ?? '']?.(exchange, rooms, parameters),
    refuse,
  };
}
