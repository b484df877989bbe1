import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { APICallError, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { expect, it } from 'vitest';
import { question, type ServedLater, weather } from './served.ts';

export function openrouterAiSdkSuite(served: ServedLater): void {
  const models = () =>
    createOpenRouter({ apiKey: served().inferenceKey, baseURL: `${served().url}/api/v1` });
  const asked = (slug = 'sandbox/echo') => ({
    model: models().chat(slug),
    prompt: question,
    maxRetries: 0,
  });

  it('an answer in one piece, and as a stream', async () => {
    const answer = await generateText(asked());
    expect(answer.text.trim()).toBe(question);
    expect(answer.usage).toMatchObject({ inputTokens: 9, outputTokens: 9 });
    const stream = streamText(asked());
    expect((await stream.text).trim()).toBe(question);
    expect(await stream.finishReason).toBe('stop');
  });

  it('tools over two turns', async () => {
    const { steps, text } = await generateText({
      ...asked(),
      tools: {
        [weather.name]: tool({
          inputSchema: jsonSchema<{ city: string }>({ ...weather.parameters, required: ['city'] }),
          execute: async ({ city }) => `Sunny in ${city}`,
        }),
      },
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
    });
    expect(steps).toHaveLength(2);
    expect(steps[0]?.toolResults[0]?.output).toMatch(/^Sunny/);
    expect(text.trim()).toBe(question);
  });

  it('structured output', async () => {
    const schema = jsonSchema<{ city: string }>({ ...weather.parameters, required: ['city'] });
    const { output } = await generateText({ ...asked(), output: Output.object({ schema }) });
    expect(output).toHaveProperty('city');
  });

  it('an abort and a failure are told apart', async () => {
    const abortSignal = AbortSignal.abort();
    const aborted = generateText({ ...asked(), abortSignal });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    const failure = await generateText(asked('nobody/nothing')).catch((thrown) => thrown);
    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({ statusCode: 404, isRetryable: false });
    const errors: unknown[] = [];
    const broken = streamText({
      ...asked('sandbox/cut-after-10'),
      onError: ({ error }) => void errors.push(error),
    });
    await broken.consumeStream();
    expect(errors).not.toEqual([]);
  });
}
