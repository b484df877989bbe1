import { z } from 'zod';

/**
 * What the sandbox reads of a chat completion request in OpenAI's form; the rest has no effect on
 * a simulation.
 */
const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(part)]).nullish(),
});
const tool = z.object({
  function: z.looseObject({ name: z.string(), parameters: z.unknown().optional() }),
});

export const sandboxRequest = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  stream: z.boolean().default(false),
  stream_options: z.looseObject({ include_usage: z.boolean().default(false) }).optional(),
  max_tokens: z.number().int().min(1).optional(),
  stop: z.array(z.string()).default([]),
  seed: z.number().optional(),
  tools: z.array(tool).default([]),
  tool_choice: z
    .union([z.string(), z.looseObject({ function: z.looseObject({ name: z.string() }) })])
    .optional(),
  response_format: z
    .looseObject({
      type: z.string(),
      json_schema: z.looseObject({ schema: z.unknown() }).optional(),
    })
    .optional(),
  reasoning_effort: z.string().optional(),
});

export type SandboxRequest = z.infer<typeof sandboxRequest>;
export type SandboxMessage = z.infer<typeof message>;

/** All text of a message. */
export function textOf({ content }: SandboxMessage): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((each) => each.text ?? '').join(' ');
}
