import { expect, it } from 'vitest';
import { readChatRequest } from '../../src/http/openai/chat-request.ts';

it('a refusal that OpenAI’s clients send back in place of content is what was said', () => {
  const user = { role: 'user', content: 'How?' };
  const saidIn = (message: object) =>
    readChatRequest({ model: 'a/b', messages: [user, message, user] }, {}).input.messages?.[1];
  const refused = { role: 'assistant', content: null, refusal: 'No.' };
  expect(saidIn(refused)).toMatchObject({ role: 'ASSISTANT', content: 'No.' });
  const both = { ...refused, content: 'I will not. No.' };
  expect(saidIn(both)).toMatchObject({ content: 'I will not. No.' });
});
