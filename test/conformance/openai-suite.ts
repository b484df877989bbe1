import OpenAI, {
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
} from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { question, type ServedLater, weather } from './served.ts';

const asked = {
  model: 'sandbox/echo',
  messages: [{ role: 'user' as const, content: question }],
};
const tool = { type: 'function' as const, function: weather };

export function openaiSuite(served: ServedLater): void {
  const client = (apiKey = served().inferenceKey) =>
    new OpenAI({ apiKey, baseURL: `${served().url}/v1`, maxRetries: 0 });

  describe('chat completions', () => {
    it('an answer in one piece', async () => {
      const answer = await client().chat.completions.create(asked);
      expect(answer.choices[0]?.message.content?.trim()).toBe(question);
      expect(answer.usage?.total_tokens).toBe(18);
    });

    it('a stream, put together by the client', async () => {
      const stream = client().chat.completions.stream(asked);
      const answer = await stream.finalChatCompletion();
      expect(answer.choices[0]?.message.content?.trim()).toBe(question);
      expect(answer.choices[0]?.finish_reason).toBe('stop');
      expect((await stream.totalUsage()).completion_tokens).toBe(9);
    });

    it('tools over two turns', async () => {
      const first = await client().chat.completions.create({
        ...asked,
        tools: [tool],
        tool_choice: 'required',
      });
      const message = first.choices[0]?.message;
      const call = message?.tool_calls?.[0];
      if (call?.type !== 'function' || !message) throw new TypeError('no call of a function');
      expect(call.function.name).toBe(weather.name);
      expect(JSON.parse(call.function.arguments)).toHaveProperty('city');
      const second = await client().chat.completions.create({
        ...asked,
        tools: [tool],
        messages: [
          ...asked.messages,
          message,
          { role: 'tool', tool_call_id: call.id, content: 'Sunny' },
        ],
      });
      expect(second.choices[0]?.finish_reason).toBe('stop');
    });

    it('structured output, parsed by the client', async () => {
      const shape = z.object({ city: z.string(), degrees: z.number() });
      const answer = await client().chat.completions.parse({
        ...asked,
        response_format: zodResponseFormat(shape, 'weather'),
      });
      expect(shape.parse(answer.choices[0]?.message.parsed)).toBeDefined();
    });

    it('an abort ends the completion, which is charged for what was said', async () => {
      const stream = await client().chat.completions.create({
        ...asked,
        model: 'sandbox/markov',
        stream: true,
      });
      let id = '';
      for await (const chunk of stream) {
        id = chunk.id;
        if (chunk.choices[0]?.delta.content) stream.controller.abort();
      }
      const generation = await cancelled(served, id);
      expect(generation['tokens_completion']).toBeLessThan(40);
      const leaving = AbortSignal.abort();
      const refused = client().chat.completions.create(asked, { signal: leaving });
      await expect(refused).rejects.toBeInstanceOf(APIUserAbortError);
    });
  });

  it('errors have their classes', async () => {
    const ask = (fields: object, key?: string) =>
      client(key).chat.completions.create({ ...asked, ...fields } as typeof asked);
    await expect(ask({ model: 'nobody/nothing' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(ask({ temperature: 9 })).rejects.toMatchObject({ param: 'temperature' });
    await expect(ask({ temperature: 9 })).rejects.toBeInstanceOf(BadRequestError);
    await expect(ask({}, 'sk-wrong')).rejects.toBeInstanceOf(AuthenticationError);
    await expect(ask({}, served().managementKey)).rejects.toBeInstanceOf(PermissionDeniedError);
  });

  it('models, and text and embeddings in the older forms', async () => {
    const models = [];
    for await (const model of client().models.list()) models.push(model.id);
    expect(models).toContain('sandbox/echo');
    expect(models).not.toContain('sandbox/embed');
    const text = await client().completions.create({ model: 'sandbox/echo', prompt: question });
    expect(text.choices[0]?.text.trim()).toBe(question);
  });

  it('embeddings', async () => {
    const { data, usage } = await client().embeddings.create({
      model: 'sandbox/embed',
      input: ['one two', 'three'],
      dimensions: 8,
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    expect(usage.prompt_tokens).toBe(3);
  });

  describe('responses', () => {
    const responding = { model: 'sandbox/echo', input: question };

    it('an answer in one piece', async () => {
      const answer = await client().responses.create(responding);
      expect(answer.status).toBe('completed');
      expect(answer.output_text.trim()).toBe(question);
      expect(answer.usage?.total_tokens).toBe(18);
    });

    it('a stream with reasoning, put together by the client', async () => {
      const stream = client().responses.stream({ ...responding, reasoning: { effort: 'low' } });
      const kinds = new Set<string>();
      for await (const event of stream) kinds.add(event.type);
      const answer = await stream.finalResponse();
      expect(answer.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
      expect(answer.output_text.trim()).toBe(question);
      expect(kinds).toContain('response.output_text.delta');
      const thought = answer.usage?.output_tokens_details.reasoning_tokens ?? 0;
      expect(thought).toBeGreaterThan(0);
      expect(answer.usage?.output_tokens).toBe(thought + 9);
    });

    it('tools over two turns', async () => {
      const { type } = tool;
      const tools = [{ type, ...weather, strict: true }];
      const stream = client().responses.stream({ ...responding, tools, tool_choice: 'required' });
      const first = await stream.finalResponse();
      const call = first.output.find((item) => item.type === 'function_call');
      if (!call) throw new TypeError('no call of a function');
      expect(call.name).toBe(weather.name);
      const second = await client().responses.create({
        ...responding,
        tools,
        input: [
          { role: 'user', content: question },
          {
            type: 'function_call',
            call_id: call.call_id,
            name: call.name,
            arguments: call.arguments,
          },
          { type: 'function_call_output', call_id: call.call_id, output: 'Sunny' },
        ],
      });
      expect(second.output_text.trim()).toBe(question);
    });

    it('a tool in a namespace, as Codex sends it', async () => {
      const strict = true;
      const tools = [
        {
          type: 'namespace' as const,
          name: 'sky',
          description: 'What is up there.',
          tools: [{ type: tool.type, ...weather, strict }],
        },
      ];
      const asking = { ...responding, tools, tool_choice: 'required' as const };
      const { output } = await client().responses.stream(asking).finalResponse();
      const call = output.find((item) => item.type === 'function_call');
      expect(call).toMatchObject({ name: weather.name, namespace: 'sky' });
      const whole = await client().responses.create(asking);
      expect(whole.output).toMatchObject([{ name: weather.name, namespace: 'sky' }]);
    });

    it('a free-form tool over two turns, as Codex offers apply_patch', async () => {
      const format = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } as const;
      const tools = [{ type: 'custom' as const, name: 'apply_patch', format }];
      const asking = { ...responding, tools, tool_choice: 'required' as const };
      const stream = client().responses.stream(asking);
      const told: string[] = [];
      for await (const event of stream) {
        if (event.type === 'response.custom_tool_call_input.delta') told.push(event.delta);
        if (event.type === 'response.custom_tool_call_input.done') told.push(event.input);
      }
      const { output } = await stream.finalResponse();
      const call = output.find((item) => item.type === 'custom_tool_call');
      if (!call) throw new TypeError('no call of a free-form tool');
      expect(call.name).toBe('apply_patch');
      expect(told).toEqual([call.input, call.input]);
      const whole = await client().responses.create(asking);
      const { id: _, call_id: __, ...same } = call;
      expect(whole.output).toMatchObject([same]);
      const second = await client().responses.create({
        ...responding,
        tools,
        input: [
          { role: 'user', content: question },
          call,
          { type: 'custom_tool_call_output', call_id: call.call_id, output: 'Done' },
        ],
      });
      expect(second.output_text.trim()).toBe(question);
    });

    it('what it does not offer is refused by name', async () => {
      const refused = client().responses.create({ ...responding, previous_response_id: 'resp_1' });
      await expect(refused).rejects.toMatchObject({ status: 400, param: 'previous_response_id' });
    });
  });
}

/** The record of a completion that its caller left; it is there once it is settled. */
export async function cancelled(served: ServedLater, id: string) {
  let generation = await served().generation(id);
  while (generation['finish_reason'] === null) generation = await served().generation(id);
  expect(generation).toMatchObject({ cancelled: true });
  expect(generation['total_cost']).toBeGreaterThan(0);
  return generation;
}
