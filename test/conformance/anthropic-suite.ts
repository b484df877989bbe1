import Anthropic, { AuthenticationError, BadRequestError, NotFoundError } from '@anthropic-ai/sdk';
import { expect, it } from 'vitest';
import { cancelled } from './openai-suite.ts';
import { question, type ServedLater, weather } from './served.ts';

const asked = {
  model: 'sandbox/echo',
  max_tokens: 300,
  messages: [{ role: 'user' as const, content: question }],
};
const tools = [{ name: weather.name, input_schema: { ...weather.parameters, required: ['city'] } }];

/** As Claude Code names them with every request to an address that is not Anthropic's. */
const agentsBetas = [
  ...['claude-code-20250219', 'interleaved-thinking-2025-05-14', 'effort-2025-11-24'],
  ...['thinking-token-count-2026-05-13', 'context-management-2025-06-27'],
  ...['prompt-caching-scope-2026-01-05', 'mid-conversation-system-2026-04-07'],
  ...['mid-conversation-tool-changes-2026-07-01', 'cache-diagnosis-2026-04-07'],
];

export function anthropicSuite(served: ServedLater): void {
  const client = (apiKey = served().inferenceKey) =>
    new Anthropic({ apiKey, baseURL: served().url, maxRetries: 0 });

  it('an answer in one piece', async () => {
    const answer = await client().messages.create({ ...asked, system: 'Be brief.' });
    expect(answer.content).toMatchObject([{ type: 'text', text: expect.stringContaining('six') }]);
    expect(answer.stop_reason).toBe('end_turn');
    expect(answer.usage).toMatchObject({ input_tokens: 11, output_tokens: 9 });
  });

  it('what a conversation counts, before it is sent', async () => {
    const { model, messages } = asked;
    const system = 'Be brief.';
    expect(await client().messages.countTokens({ model, messages, system })).toEqual({
      input_tokens: 11,
    });
    const unknown = client().messages.countTokens({ model: 'acme/nothing', messages });
    await expect(unknown).rejects.toThrow(NotFoundError);
  });

  it('models, page by page', async () => {
    const seen: string[] = [];
    for await (const model of client().models.list({ limit: 100 })) seen.push(model.id);
    expect(seen).toEqual([...new Set(seen)].toSorted());
    expect(seen).toContain('sandbox/echo');
    const [before] = (await client().models.list({ limit: 1, before_id: 'sandbox/echo' })).data;
    expect(before?.id).toBe(seen[seen.indexOf('sandbox/echo') - 1]);
    const { type, display_name, created_at } = await client().models.retrieve('sandbox/echo');
    expect([type, display_name]).toEqual(['model', 'Sandbox echo (simulation)']);
    expect(Date.parse(created_at)).not.toBeNaN();
    await expect(client().models.list({ after_id: 'acme/none' })).rejects.toThrow('after_id');
  });

  it('the same with a bearer token, as coding agents send it', async () => {
    const authToken = served().inferenceKey;
    const agent = new Anthropic({ apiKey: null, authToken, baseURL: `${served().url}/api` });
    const system = [{ type: 'text' as const, text: 'Be brief.' }];
    const answer = await agent.beta.messages.create({ ...asked, system });
    expect(answer.stop_reason).toBe('end_turn');
  });

  it('a stream that thinks, put together by the client', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 200 };
    const answer = await client()
      .messages.stream({ ...asked, thinking })
      .finalMessage();
    expect(answer.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    expect(answer.usage.input_tokens).toBe(9);
  });

  it('a budget that leaves no room for an answer is refused by its name', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 300 };
    const wrong = client().messages.create({ ...asked, thinking });
    await expect(wrong).rejects.toBeInstanceOf(BadRequestError);
    await expect(wrong).rejects.toMatchObject({
      error: {
        error: {
          type: 'invalid_request_error',
          message: expect.stringContaining('thinking.budget_tokens'),
        },
      },
    });
    const { model, messages } = asked;
    const counted = await client().messages.countTokens({ model, messages, thinking });
    expect(counted).toEqual({ input_tokens: 9 });
  });

  it('whatever betas a client names, and what it says for them', async () => {
    const answer = await client().beta.messages.create({
      ...asked,
      ...{ betas: agentsBetas, tools, metadata: { user_id: '{"session_id":"a"}' } },
      messages: [...asked.messages, { role: 'system', content: 'Today is Monday.' }],
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'high' },
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      diagnostics: { previous_message_id: null },
    });
    expect(answer.stop_reason).toBe('end_turn');
    const thinking = { type: 'enabled' as const, budget_tokens: 9_000 };
    const interleaved = { ...asked, betas: agentsBetas, tools, thinking };
    const thought = await client().beta.messages.create(interleaved);
    expect(thought.content[0]?.type).toBe('thinking');
  });

  it('tools over two turns, in a stream', async () => {
    const first = await client()
      .messages.stream({ ...asked, tools, tool_choice: { type: 'any' } })
      .finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    const call = first.content.find((block) => block.type === 'tool_use');
    expect(call?.input).toHaveProperty('city');
    const second = await client().messages.create({
      ...asked,
      tools,
      messages: [
        ...asked.messages,
        { role: 'assistant', content: first.content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: call?.id ?? '', content: 'Sunny' },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: expect.stringMatching(/now/) }]);
  });

  it('structured output', async () => {
    const format = { type: 'json_schema' as const, schema: weather.parameters };
    const answer = await client().messages.create({ ...asked, output_config: { format } });
    const [block] = answer.content;
    expect(JSON.parse(block?.type === 'text' ? block.text : '')).toHaveProperty('city');
  });

  it('an abort ends the completion', async () => {
    const stream = client().messages.stream({ ...asked, model: 'sandbox/markov' });
    let id = '';
    stream.on('streamEvent', (event) => {
      if (event.type === 'message_start') id = event.message.id;
      if (event.type === 'content_block_delta') stream.abort();
    });
    await expect(stream.finalMessage()).rejects.toThrow();
    await cancelled(served, id);
  });

  it('errors have their classes and types', async () => {
    const unknown = client().messages.create({ ...asked, model: 'nobody/nothing' });
    await expect(unknown).rejects.toBeInstanceOf(NotFoundError);
    const wrong = client().messages.create({ ...asked, max_tokens: 0 });
    await expect(wrong).rejects.toBeInstanceOf(BadRequestError);
    await expect(wrong).rejects.toMatchObject({
      error: { error: { type: 'invalid_request_error' } },
    });
    const stranger = client('sk-wrong').messages.create(asked);
    await expect(stranger).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('a failure in the middle of a stream is one', async () => {
    const stream = client().messages.stream({ ...asked, model: 'sandbox/cut-after-10' });
    await expect(stream.finalMessage()).rejects.toMatchObject({ error: { type: 'error' } });
  });
}
