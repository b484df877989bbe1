import { Fault } from '#kernel';
import { type CountTokensAnswer, countTokensRequest, type Rooms } from '#schema';
import { bodyOf, type Exchange, jsonOf, sendJson } from '../exchange.ts';
import { callerOf } from '../rest/caller.ts';
import { renamed } from '../rest/errors.ts';
import { inShape } from '../rest/shape.ts';
import { readMessagesRequest } from './messages-request.ts';

/**
 * `POST …/messages/count_tokens`: what a conversation counts, before it is sent. Nothing is sent
 * and nothing is charged; where a model's tokenizer is not public another one counts.
 */
export async function answerCountTokens(exchange: Exchange, rooms: Rooms): Promise<void> {
  const principal = await callerOf(exchange, rooms);
  const body = inShape(countTokensRequest, jsonOf(await bodyOf(exchange)));
  const unanswered = { ...body, max_tokens: 1, thinking: null };
  const asked = readMessagesRequest(unanswered, exchange.request.headers);
  const { messages, tools, provider = null } = asked.input;
  const input = { models: [body.model], messages, maxTokens: 1, tools: tools ?? [], provider };
  try {
    const [estimate] = await rooms.completions.estimate(principal, input);
    if (estimate?.promptTokens == null) throw estimate?.error ?? unknownModel();
    const answer: CountTokensAnswer = { input_tokens: estimate.promptTokens };
    sendJson(exchange.response, 200, answer);
  } catch (thrown) {
    throw renamed(Fault.from(thrown), asked.nameOf);
  }
}

const unknownModel = () =>
  new Fault('NOT_FOUND', { public: 'There is no such model. `GET /v1/models` lists them.' });
