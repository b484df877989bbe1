import { z } from 'zod';
import { nullableText } from './fields.ts';

/** A failure as clients of this surface expect it: an error object with an integer code. */
export const errorAnswer = z.object({
  error: z.object({
    code: z.int().describe('The HTTP status, also in the middle of a stream.'),
    message: z.string().describe('What was wrong, and what would be right.'),
    type: z.string(),
    param: nullableText.describe('The field that is wrong; null when it is none.'),
    metadata: z
      .record(z.string(), z.unknown())
      .describe('Further details, as far as they are known.'),
  }),
});

export type ErrorAnswer = z.infer<typeof errorAnswer>;

/** The same in Anthropic's form. */
export const messagesErrorAnswer = z.object({
  type: z.literal('error'),
  error: z.object({
    type: z.string(),
    message: z.string(),
    error_type: z.string(),
    metadata: z.record(z.string(), z.unknown()),
  }),
  request_id: z.string(),
});

export type MessagesErrorAnswer = z.infer<typeof messagesErrorAnswer>;
