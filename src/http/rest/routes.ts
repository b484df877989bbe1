import type { Rooms } from '#schema';
import { answerActivity } from '../account/activity.ts';
import { answerCredits } from '../account/credits.ts';
import { answerGeneration } from '../account/generation.ts';
import { changeKey, createKey, listKeys, revokeKey, showKey } from '../account/keys.ts';
import { answerOwnKey } from '../account/own-key.ts';
import { answerCountTokens } from '../anthropic/count-tokens.ts';
import { messages } from '../anthropic/messages.ts';
import { nameRequest, refuseMessages } from '../anthropic/messages-errors.ts';
import { answerEndpoints } from '../catalog/endpoints.ts';
import { answerModel, answerModelCount, answerModels, retrieveModel } from '../catalog/models.ts';
import { answerProviders } from '../catalog/providers.ts';
import type { Exchange } from '../exchange.ts';
import { chatCompletions } from '../openai/chat-completions.ts';
import { answerEmbeddings } from '../openai/embeddings.ts';
import { responses } from '../openai/responses.ts';
import { textCompletions } from '../openai/text-completions.ts';
import { matchAddress, type Parameters } from './address.ts';
import { tellLimitOfKey } from './caller.ts';
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

/** What is public: who asks is not looked at, but for the limit of requests of a key. */
const lists = (answer: Answer): Address =>
  reads((exchange, rooms, parameters) => {
    tellLimitOfKey(exchange, rooms);
    return answer(exchange, rooms, parameters);
  });

const toAnthropic = ({ methods, refuse }: Address): Address => ({
  methods: Object.fromEntries(
    Object.entries(methods).map(([method, answer]) => [
      method,
      (exchange: Exchange, rooms: Rooms, parameters: Parameters) => {
        nameRequest(exchange);
        return answer(exchange, rooms, parameters);
      },
    ]),
  ),
  refuse,
});

/** All of them are reached below `/api/v1` as well. */
const addresses: Readonly<Record<string, Address>> = {
  '/v1/chat/completions': through(chatCompletions),
  '/v1/completions': through(textCompletions),
  '/v1/embeddings': { methods: { POST: answerEmbeddings }, refuse },
  '/v1/messages': toAnthropic(through(messages)),
  '/v1/messages/count_tokens': toAnthropic({
    methods: { POST: answerCountTokens },
    refuse: refuseMessages,
  }),
  '/v1/responses': through(responses),
  '/v1/models': lists(answerModels),
  '/v1/models/count': lists(answerModelCount),
  '/v1/model/{author}/{slug}': lists(answerModel),
  '/v1/models/{id}': lists(retrieveModel),
  '/v1/models/{author}/{slug}': lists(retrieveModel),
  '/v1/models/{author}/{slug}/endpoints': lists(answerEndpoints),
  '/v1/providers': lists(answerProviders),
  '/v1/key': reads(answerOwnKey),
  // Its older name, which clients of OpenRouter still ask for.
  '/v1/auth/key': reads(answerOwnKey),
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
  /** Its path, as `/v1/keys/{hash}` with names for what varies. */
  readonly pattern: string;
  readonly methods: readonly string[];
  answer(exchange: Exchange): Promise<void> | void;
  readonly refuse: Refuse;
}

/** What answers at a path; null when nothing does. Where nothing varies, it is made once. */
export function restRoutes(rooms: Rooms): (path: string) => RestRoute | null {
  const fixed = new Map<string, RestRoute>();
  for (const [pattern, address] of Object.entries(addresses)) {
    fixed.set(pattern, routeOf(pattern, address, { rooms, parameters: {} }));
  }
  return (path) => {
    const known = fixed.get(path) ?? fixed.get(placeOf(path));
    return known ?? varyingRoute(placeOf(path), rooms);
  };
}

function varyingRoute(place: string, rooms: Rooms): RestRoute | null {
  for (const [pattern, address] of patterned) {
    const parameters = matchAddress(pattern, place);
    if (parameters) return routeOf(pattern, address, { rooms, parameters });
  }
  return null;
}

const placeOf = (path: string) => path.replace(/^\/api(?=\/v1\/)/, '').replace(/\/$/, '');

/** A refusal that tells a key its limit of requests, too. */
export const tellingLimit =
  (refuse: Refuse, rooms: Rooms): Refuse =>
  (exchange, thrown, attempts) => {
    tellLimitOfKey(exchange, rooms);
    refuse(exchange, thrown, attempts);
  };

interface Given {
  readonly rooms: Rooms;
  readonly parameters: Parameters;
}

function routeOf(
  pattern: string,
  { methods, refuse }: Address,
  { rooms, parameters }: Given,
): RestRoute {
  return {
    pattern,
    methods: Object.keys(methods),
    answer: (exchange) => methods[exchange.request.method ?? '']?.(exchange, rooms, parameters),
    refuse: tellingLimit(refuse, rooms),
  };
}
