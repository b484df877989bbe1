import { OpenRouter } from '@openrouter/sdk';
import * as errors from '@openrouter/sdk/models/errors';
import { expect, it } from 'vitest';
import { question, type ServedLater, weather } from './served.ts';

const chatRequest = {
  model: 'sandbox/echo',
  messages: [{ role: 'user' as const, content: question }],
};

export function openrouterSuite(served: ServedLater): void {
  const client = (apiKey = served().inferenceKey) =>
    new OpenRouter({
      apiKey,
      serverURL: `${served().url}/api/v1`,
      retryConfig: { strategy: 'none' },
    });
  const ask = async (fields: object = {}, key?: string) => {
    const request = { ...chatRequest, ...fields };
    const answer = await client(key).chat.send({ chatRequest: request });
    if (!('choices' in answer)) throw new TypeError('a stream where none was asked for');
    return answer;
  };
  const stream = async (fields: object = {}) => {
    const request = { ...chatRequest, ...fields, stream: true as const };
    const answer = await client().chat.send({ chatRequest: request });
    if ('choices' in answer) throw new TypeError('no stream where one was asked for');
    return answer;
  };
  const manager = () => client(served().managementKey);

  it('an answer in one piece', async () => {
    const answer = await ask();
    expect(answer.choices[0]?.message.content).toMatch(question);
    expect(answer.systemFingerprint).toBeNull();
    expect(answer.usage?.cost).toBeGreaterThan(0);
  });

  it('a stream, every chunk of it in its schema', async () => {
    let text = '';
    let usage: unknown;
    for await (const chunk of await stream()) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage;
    }
    expect(text.trim()).toBe(question);
    expect(usage).toMatchObject({ completionTokens: 9 });
  });

  it('a failure in the middle of a stream has an integer code', async () => {
    const seen = [];
    for await (const chunk of await stream({ model: 'sandbox/cut-after-10' })) seen.push(chunk);
    expect(seen.at(-1)?.error?.code).toBe(502);
    expect(seen.at(-1)?.choices[0]?.finishReason).toBe('error');
  });

  it('tools over two turns, and structured output', async () => {
    const tools = [{ type: 'function' as const, function: weather }];
    const first = await ask({ tools, toolChoice: 'required' });
    const message = first.choices[0]?.message;
    const call = message?.toolCalls?.[0];
    expect(call?.function.name).toBe(weather.name);
    const second = await ask({
      tools,
      messages: [
        ...chatRequest.messages,
        { role: 'assistant', toolCalls: message?.toolCalls ?? [] },
        { role: 'tool', toolCallId: call?.id ?? '', content: 'Sunny' },
      ],
      responseFormat: {
        type: 'json_schema',
        jsonSchema: { name: 'weather', schema: { ...weather.parameters } },
      },
    });
    expect(JSON.parse(String(second.choices[0]?.message.content))).toHaveProperty('city');
  });

  it('the lists are in their schemas', async () => {
    const { result } = await client().models.list({ limit: 500 });
    expect(result.data.map(({ id }) => id)).toContain('sandbox/echo');
    expect(result.data.every(({ pricing }) => typeof pricing.prompt === 'string')).toBe(true);
    expect((await client().models.count({})).data.count).toBe(result.totalCount);
    const model = await client().models.get({ author: 'sandbox', slug: 'markov:floor' });
    expect(model.data.canonicalSlug).toBe('sandbox/markov');
    const { data } = await client().endpoints.list({ author: 'sandbox', slug: 'markov' });
    expect(data.endpoints.map(({ tag }) => tag)).toContain('sandbox-fast');
    const providers = await client().providers.list();
    expect(providers.data.map(({ slug }) => slug)).toContain('sandbox');
  });

  it('a response, whole and as a stream, every event of it in its schema', async () => {
    const tools = [{ type: 'function' as const, name: weather.name, parameters: null }];
    const responsesRequest = { model: chatRequest.model, input: question, tools };
    const whole = await client().responses.send({ responsesRequest });
    expect(whole).toMatchObject({
      status: 'completed',
      outputText: expect.stringMatching(question),
    });
    const events = await client().responses.send({
      responsesRequest: { ...responsesRequest, stream: true },
    });
    if ('status' in events) throw new TypeError('no stream where one was asked for');
    const types = [];
    for await (const event of events) types.push('raw' in event ? 'unknown' : event.type);
    expect(types).not.toContain('unknown');
    expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
  });

  it('embeddings', async () => {
    const requestBody = { model: 'sandbox/embed', input: 'one two' };
    const answer = await client().embeddings.generate({ requestBody });
    if (typeof answer === 'string') throw new TypeError('not an object');
    expect(answer.data[0]?.embedding.length).toBeGreaterThan(8);
  });

  it('a key reads itself and its generations; credits are for those who manage', async () => {
    const own = await client().apiKeys.getCurrentKeyMetadata();
    expect(own.data).toMatchObject({ isManagementKey: false, limit: null });
    const { id } = await ask();
    const generation = await client().generations.getGeneration({ id });
    expect(generation.data).toMatchObject({ id, tokensCompletion: 9, providerName: /Sandbox/ });
    await expect(client().credits.getCredits()).rejects.toMatchObject({ statusCode: 403 });
    const { data } = await manager().credits.getCredits();
    expect(data.totalCredits).toBe(10);
    expect(data.totalUsage).toBeGreaterThan(0);
  });

  it('keys are made, listed, read and revoked', async () => {
    const requestBody = { name: 'Made by a client', limit: 2.5, limitReset: 'daily' as const };
    const made = await manager().apiKeys.create({ requestBody });
    expect(made.data).toMatchObject({ limit: 2.5, limitRemaining: 2.5, limitReset: 'daily' });
    const { hash } = made.data;
    const answer = await ask({}, made.key);
    const read = await manager().apiKeys.get({ hash });
    expect(read.data.usage).toBe(answer.usage?.cost);
    const list = await manager().apiKeys.list();
    expect(list.data.map((one) => one.hash)).toContain(hash);
    expect(await manager().apiKeys.delete({ hash })).toEqual({ deleted: true });
    const refused = ask({}, made.key);
    await expect(refused).rejects.toBeInstanceOf(errors.UnauthorizedResponseError);
  });

  it('errors have their classes', async () => {
    await expect(ask({ model: 'nobody/nothing' })).rejects.toBeInstanceOf(
      errors.NotFoundResponseError,
    );
    await expect(ask({ temperature: 9 })).rejects.toBeInstanceOf(errors.BadRequestResponseError);
    await expect(ask({ model: 'sandbox/fail-429' })).rejects.toBeInstanceOf(
      errors.TooManyRequestsResponseError,
    );
  });
}
