import type { ToolInput } from '#completions';
import type { ResponsesAnswer, ResponsesRequest } from '#schema';
import { marked } from '../rest/cache-marks.ts';
import { asFunction, type FreeFormTool } from './responses-free-form.ts';

type Tool = NonNullable<ResponsesRequest['tools']>[number];
type FunctionTool = Extract<Tool, { type: 'function' }>;

/** What clients call a function: its name, and the namespace that they keep it in. */
export interface FunctionName {
  readonly name: string;
  readonly namespace?: string | undefined;
  /** It is a free-form tool to them. */
  readonly freeForm?: boolean;
}

/** Providers know functions by one name; with its namespace before it, it is a name of its own. */
export const wholeName = ({ name, namespace }: FunctionName): string =>
  namespace ? `${namespace}__${name}` : name;

/** The functions of a request, those in namespaces among them. */
export const functionsOf = ({ tools }: ResponsesRequest): ToolInput[] | null =>
  tools?.flatMap((tool) => named(tool).map(toolOf)) ?? null;

/** Tells of a call which function of the request it is. */
export function functionNames({ tools }: ResponsesRequest): (whole: string) => FunctionName {
  const all = (tools ?? []).flatMap(named).map((tool) => ({
    name: tool.name,
    ...(tool.namespace !== undefined && { namespace: tool.namespace }),
    ...(tool.type === 'custom' && { freeForm: true }),
  }));
  const byWhole = new Map(all.map((one) => [wholeName(one), one]));
  return (whole) => byWhole.get(whole) ?? { name: whole };
}

type Named = (FunctionTool | FreeFormTool) & FunctionName;

const named = (tool: Tool): Named[] =>
  tool.type === 'namespace'
    ? tool.tools.map((one) => ({ ...one, namespace: tool.name }))
    : [{ ...tool, namespace: undefined }];

const toolOf = (tool: Named) => ({
  name: wholeName(tool),
  ...(tool.type === 'custom' ? asFunction(tool) : functionOf(tool)),
  ...marked(tool.cache_control),
});

const functionOf = ({ description, parameters }: FunctionTool) => ({
  description: description ?? null,
  parameters: parameters ?? { type: 'object', properties: {} },
});

type EchoedTool = ResponsesAnswer['tools'][number];

/** A tool as it was asked for, with what was left out as null: clients insist on the fields. */
export function echoOf(tool: Tool): EchoedTool {
  if (tool.type !== 'namespace') return calledEcho(tool);
  const { type, name, description = null, tools } = tool;
  return { type, name, description, tools: tools.map(calledEcho) };
}

function calledEcho(tool: FunctionTool | FreeFormTool) {
  const { name, description = null } = tool;
  if (tool.type === 'custom') {
    return { type: tool.type, name, description, format: tool.format ?? { type: 'text' } };
  }
  const { type, parameters = null, strict = null } = tool;
  return { type, name, description, parameters, strict };
}
