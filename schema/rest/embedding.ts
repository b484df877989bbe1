import { z } from 'zod';
import { usage } from './chat-answer.ts';
import { integer, may, text, withoutEffect } from './fields.ts';
import { providerPreferences } from './provider-preferences.ts';

const textsAlone = 'Tokens and media are not read. Accepted: a text, or a list of texts';

/** `POST …/embeddings`. */
export const embeddingRequest = z.object({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string({ error: textsAlone }))], { error: textsAlone }),
  dimensions: integer,
  encoding_format: may(z.enum(['float', 'base64'])),
  provider: may(providerPreferences),
  user: text,
  session_id: withoutEffect('there is no prompt cache to stay near.'),
  trace: withoutEffect('`user` is kept with the run.'),
  input_type: withoutEffect('not all providers support it.'),
});

export type EmbeddingRequest = z.infer<typeof embeddingRequest>;

/** `embedding` is base64 of little-endian 32-bit floats when that was asked for. */
export const embeddingAnswer = z.object({
  id: z.string(),
  object: z.literal('list'),
  model: z.string(),
  provider: z.string().nullable(),
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  usage: usage.pick({
    prompt_tokens: true,
    total_tokens: true,
    cost: true,
    is_byok: true,
    cost_details: true,
  }),
});

export type EmbeddingAnswer = z.infer<typeof embeddingAnswer>;
