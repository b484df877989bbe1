import { z } from 'zod';
import { errorAnswer, messagesErrorAnswer } from './error.ts';
import { type Operation, operations } from './operations.ts';

type Json = Readonly<Record<string, unknown>>;

/** The REST surface as an OpenAPI document, made of the shapes that its doors read and write. */
export function openApi(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    paths[operation.path] ??= {};
    Object.assign(paths[operation.path] ?? {}, { [operation.method]: operationOf(operation) });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Bourse',
      version: '1',
      description:
        'The same completion in several wire formats. Every address is also reached below /api.',
    },
    servers: [{ url: '/' }, { url: '/api' }],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: schemaOf(errorAnswer), MessagesError: schemaOf(messagesErrorAnswer) },
    },
  };
}

function operationOf(operation: Operation): Json {
  const { id, summary, key, body, answer, status = 200 } = operation;
  const failure = operation.path.startsWith('/v1/messages') ? 'MessagesError' : 'Error';
  return {
    operationId: id,
    summary: key === 'MANAGEMENT' ? `${summary} Takes a MANAGEMENT key or a person.` : summary,
    security: key === null ? [] : [{ key: [] }],
    parameters: parametersOf(operation),
    ...(body ? { requestBody: { required: true, content: json(schemaOf(body)) } } : {}),
    responses: {
      [status]: {
        description: 'The answer.',
        content: { ...json(schemaOf(answer)), ...(operation.streams ? eventStream : {}) },
      },
      default: {
        description: 'What was wrong, and what would be right.',
        content: json({ $ref: `#/components/schemas/${failure}` }),
      },
    },
  };
}

const eventStream = {
  'text/event-stream': { schema: { type: 'string', description: 'With `stream: true`.' } },
};

function parametersOf({ path, query = [] }: Operation): Json[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const text = { schema: { type: 'string' } };
  return [
    ...inPath.map((name) => ({ name, in: 'path', required: true, ...text })),
    ...query.map((name) => ({ name, in: 'query', required: name === 'id', ...text })),
  ];
}

const json = (schema: Json) => ({ 'application/json': { schema } });

function schemaOf(shape: z.ZodType): Json {
  const { $schema: _version, ...schema } = z.toJSONSchema(shape, {
    io: 'input',
    unrepresentable: 'any',
  });
  return schema;
}
