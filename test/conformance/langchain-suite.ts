import { ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { question, type ServedLater, weather } from './served.ts';

const shape = z.object({ city: z.string() });
const getWeather = tool(({ city }) => `Sunny in ${city}`, { name: weather.name, schema: shape });

export function langchainSuite(served: ServedLater): void {
  const chat = (model = 'sandbox/echo', useResponsesApi = false) =>
    new ChatOpenAI({
      model,
      useResponsesApi,
      maxRetries: 0,
      apiKey: served().inferenceKey,
      configuration: address(),
    });
  const address = () => ({ baseURL: `${served().url}/v1` });

  it('an answer in one piece, and as a stream', async () => {
    const answer = await chat().invoke(question);
    expect(answer.text.trim()).toBe(question);
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 9, output_tokens: 9 });
    const pieces = [];
    for await (const piece of await chat().stream(question)) pieces.push(piece.text);
    expect(pieces.join('').trim()).toBe(question);
    expect(pieces.length).toBeGreaterThan(3);
  });

  it('the same through the newer form', async () => {
    const answer = await chat('sandbox/echo', true).invoke(question);
    expect(answer.text.trim()).toBe(question);
  });

  it('tools over two turns', async () => {
    const first = await chat()
      .bindTools([getWeather], { tool_choice: 'required' })
      .invoke(question);
    const [call] = first.tool_calls ?? [];
    expect(call?.name).toBe(weather.name);
    const result = new ToolMessage({ tool_call_id: call?.id ?? '', content: 'Sunny' });
    const second = await chat()
      .bindTools([getWeather])
      .invoke([{ role: 'user', content: question }, first, result]);
    expect(second.text.trim()).toBe(question);
  });

  it('structured output', async () => {
    const answer = await chat().withStructuredOutput(shape).invoke(question);
    expect(shape.parse(answer)).toBeDefined();
  });

  it('an abort, and an error with its status', async () => {
    const aborted = chat().invoke(question, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow(/[Aa]bort/);
    await expect(chat('nobody/nothing').invoke(question)).rejects.toMatchObject({ status: 404 });
  });

  it('embeddings', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'sandbox/embed',
      apiKey: served().inferenceKey,
      configuration: address(),
    });
    const [first, second] = await embeddings.embedDocuments(['one', 'two']);
    expect(first).toHaveLength(second?.length ?? 0);
  });
}
