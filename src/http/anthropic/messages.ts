import type { RunDoor } from '../rest/run-door.ts';
import { messagesAnswer } from './messages-answer.ts';
import { refuseMessages } from './messages-errors.ts';
import { openMessagesEvents } from './messages-events.ts';
import { readMessagesRequest } from './messages-request.ts';

/** `POST …/messages`: the same completion in the form that Anthropic's clients speak. */
export const messages: RunDoor = {
  read: readMessagesRequest,
  whole: messagesAnswer,
  parts: openMessagesEvents,
  refuse: refuseMessages,
};
