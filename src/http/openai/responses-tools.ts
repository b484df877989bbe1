import type { ToolInput } from '#completions';
import type { ResponsesAnswer, ResponsesRequest } from '#schema';
import { marked } from '../rest/cache-marks.ts';

type Tool = NonNullable<ResponsesRequest['tools']>[number];
type FunctionTool = Extract<Tool, { type: 'function' }>;

/** What clients call a function: its name, and the namespace that they keep it in. */
export interface FunctionName {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** Providers know functions by one name; with its namespace before it, it is a name of its own. */
export const wholeName = ({ name, namespace }: FunctionName): string =>
  namespace ? `${namespace}__${name}` : name;

/** The functions of a request, those in namespaces among them. */
export const functionsOf = ({ tools }: ResponsesRequest): ToolInput[] | null =>
  tools?.flatMap((tool) => named(tool).map(toolOf)) ?? null;

/** Tells of a call which function of the request it is. */
export function functionNames({ tools }: ResponsesRequest): (whole: string) => FunctionName {
  const all = (tools ?? []).flatMap(named).map(({ name, namespace }) => ({ name, namespace }));
  const inNamespaces = all.filter(({ namespace }) => namespace !== undefined);
  const byWhole = new Map(inNamespaces.map((one) => [wholeName(one), one]));
  return (whole) => byWhole.get(whole) ?? { name: whole };
}

type Named = FunctionTool & FunctionName;

const named = (tool: Tool): Named[] =>
  tool.type === 'namespace'
    ? tool.tools.map((one) => ({ ...one, namespace: tool.name }))
    : [{ ...tool, namespace: undefined }];

const toolOf = ({ description, parameters, cache_control: mark, ...tool }: Named) => ({
  name: wholeName(tool),
  description: description ?? null,
  parameters: parameters ?? { type: 'object', properties: {} },
  ...marked(mark),
});

type EchoedTool = ResponsesAnswer['tools'][number];

/** A tool as it was asked for, with what was left out as null: clients insist on the fields. */
export function echoOf(tool: Tool): EchoedTool {
  if (tool.type === 'function') return functionEcho(tool);
  const { type, name, description = null, tools } = tool;
  return { type, name, description, tools: tools.map(functionEcho) };
}

const functionEcho = (tool: FunctionTool) => {
  const { type, name, description = null, parameters = null, strict = null } = tool;
  return { type, name, description, parameters, strict };
};
