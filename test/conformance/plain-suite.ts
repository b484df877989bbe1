import { expect, it } from 'vitest';
import type { ServedLater } from './served.ts';

/**
 * What clients that do not run here send on the wire, word for word as far as it matters. Which of
 * them: at each request.
 */
export function plainSuite(served: ServedLater): void {
  const post = async (path: string, body: object) => {
    const { running, inferenceKey } = served();
    const answer = await running.send(path, inferenceKey, body);
    return { status: answer.status, body: await answer.json() };
  };
  const messages = [{ role: 'user', content: 'Hello' }];
  const model = 'sandbox/echo';

  // LlamaIndex's OpenAIResponses always names a user, who is nobody unless it was told of one.
  it.each([
    ['/v1/responses', { model, input: 'Hello', user: '', prompt_cache_key: '' }],
    ['/v1/chat/completions', { model, messages, user: '', session_id: '' }],
    ['/v1/completions', { model, prompt: ['Hello'], user: '' }],
    ['/v1/messages', { model, messages, max_tokens: 9, metadata: { user_id: '' } }],
    ['/v1/embeddings', { model: 'sandbox/embed', input: 'Hello', user: '' }],
  ])('%s takes a user without a name for none', async (path, body) => {
    expect(await post(path, body)).toMatchObject({ status: 200 });
  });
}
