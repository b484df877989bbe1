import { refuse } from '../rest/refuse.ts';
import type { RunDoor } from '../rest/run-door.ts';
import { responsesAnswer } from './responses-answer.ts';
import { openResponsesEvents } from './responses-events.ts';
import { type ResponsesAsked, readResponsesRequest } from './responses-request.ts';

/** `POST …/responses`: the same completion in the newer form of OpenAI's clients. */
export const responses: RunDoor<ResponsesAsked> = {
  read: readResponsesRequest,
  whole: responsesAnswer,
  parts: openResponsesEvents,
  refuse,
};
