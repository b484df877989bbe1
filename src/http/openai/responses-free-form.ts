import type { ResponsesRequest } from '#schema';

type Tool = NonNullable<ResponsesRequest['tools']>[number];
export type FreeFormTool = Extract<Tool, { type: 'custom' }>;

const parameters = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole text for the tool, as it is.' } },
  required: ['input'],
  additionalProperties: false,
};

/** A tool that takes a text, as providers know tools: a function with that one text. */
export const asFunction = ({ description, format }: FreeFormTool) => ({
  description: [description, wish(format)].filter(Boolean).join('\n\n') || null,
  parameters,
});

/** A grammar is told to the model, since few services hold one to it. */
function wish(format: FreeFormTool['format']): string | null {
  if (format?.type !== 'grammar') return null;
  const { syntax, definition } = format;
  return syntax === 'regex'
    ? `\`input\` matches this regular expression: ${definition}`
    : `\`input\` follows this Lark grammar:\n${definition}`;
}

export const argumentsOf = (input: string): string => JSON.stringify({ input });

/** The text of a call; what a model wrote instead, or had no time to end, is all of it. */
export function inputIn(text: string): string {
  try {
    const { input } = JSON.parse(text);
    return typeof input === 'string' ? input : text;
  } catch {
    return text;
  }
}
