import { describe, expect, it } from 'vitest';
import { promptCounter } from '../../src/completions/cost/prompt-tokens.ts';
import type { ChatMessage } from '../../src/upstream/index.ts';

const user = (content: ChatMessage['content']): ChatMessage => ({ role: 'user', content });
const text = 'Hello, world!';

describe('the tokens of a prompt', () => {
  it('are those of its text and of what the chat template adds', async () => {
    const count = promptCounter({ messages: [user(text), { ...user(text), name: 'Ada' }] });
    expect(await count('openai/gpt-4o')).toEqual({
      tokens: 4 + 4 + 2 * 3 + 1 + 3,
      estimated: false,
    });
  });

  it('are words in the sandbox, as its bill counts them', async () => {
    const count = promptCounter({ messages: [user('one two three'), user('four')] });
    expect(await count('sandbox/echo')).toEqual({ tokens: 4, estimated: false });
  });

  it('are an estimate where another tokenizer counted', async () => {
    const count = promptCounter({ messages: [user(text)] });
    expect(await count('anthropic/claude-sonnet-4.5')).toEqual({ tokens: 10, estimated: true });
  });

  it('are an estimate where something is not plain text, and that counts too', async () => {
    const tools = [{ name: 'look', parameters: { type: 'object' } }];
    const plain = await promptCounter({ messages: [user(text)] })('openai/gpt-4o');
    const withTools = await promptCounter({ messages: [user(text)], tools })('openai/gpt-4o');
    expect(withTools.estimated).toBe(true);
    expect(withTools.tokens).toBeGreaterThan(plain.tokens + 8);
    const picture = { type: 'image', url: 'https://x.test/' } as const;
    const seen = await promptCounter({ messages: [user([picture])] })('openai/gpt-4o');
    expect(seen).toEqual({ tokens: 5_000 + 3 + 3, estimated: true });
  });
});
