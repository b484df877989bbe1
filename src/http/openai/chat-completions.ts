import { refuse } from '../rest/refuse.ts';
import type { RunDoor } from '../rest/run-door.ts';
import { chatAnswer } from './chat-answer.ts';
import { openChunks } from './chat-chunks.ts';
import { readChatRequest } from './chat-request.ts';

/**
 * `POST …/chat/completions`: the same completion as over GraphQL, in the form that OpenAI's and
 * OpenRouter's clients speak.
 */
export const chatCompletions: RunDoor = {
  read: readChatRequest,
  whole: chatAnswer,
  parts: openChunks,
  refuse,
};
