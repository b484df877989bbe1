import { z } from 'zod';
import { routing, sampling } from './chat-request.ts';
import { flag, notOffered, text, withoutEffect } from './fields.ts';

/** `POST …/completions`, the form before chat: one prompt, which becomes one user message. */
export const completionRequest = z.object({
  model: text,
  prompt: z.union(
    [
      z.string(),
      z.array(z.string()).length(1, { error: 'One prompt a request is what is offered.' }),
    ],
    { error: 'Accepted: one text.' },
  ),
  stream: flag,
  stream_options: withoutEffect('usage is always on the last chunk.'),
  usage: withoutEffect('usage is always in the answer.'),
  ...sampling,
  ...routing,
  echo: notOffered('Put the prompt before the answer yourself.'),
  suffix: notOffered('Say in the prompt what is to follow.', ''),
  best_of: notOffered('Ask once and choose.', 1),
  logprobs: notOffered('Token probabilities are not passed on.', 0),
});

export type CompletionRequest = z.infer<typeof completionRequest>;
