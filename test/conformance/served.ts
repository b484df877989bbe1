import type { RunningApp } from '../harness/running-app.ts';

/** What a client's suite is given: a running Bourse, and keys of each kind. */
export interface Served {
  readonly running: RunningApp;
  readonly url: string;
  readonly inferenceKey: string;
  readonly managementKey: string;
  /** What a completion came to, as the one who asked reads it. */
  generation(id: string): Promise<Record<string, unknown>>;
}

/** Filled in before the first test of a suite runs. */
export type ServedLater = () => Served;

export async function servedBy(running: RunningApp): Promise<Served> {
  const { data, errors } = await running.ask(
    running.adminKey,
    `mutation { createApiKey(input: { organizationId: "${await demoId(running)}",
      name: "of the tests", kind: MANAGEMENT }) { ... on CreateApiKeyPayload { secret } } }`,
  );
  if (errors) throw new AggregateError(errors.map(({ message }) => message));
  return {
    running,
    url: running.app.url,
    inferenceKey: running.demoKey,
    managementKey: data.createApiKey.secret,
    async generation(id) {
      const answer = await running.send(`/v1/generation?id=${id}`, running.demoKey);
      return (await answer.json()).data;
    },
  };
}

async function demoId({ ask, adminKey }: RunningApp): Promise<string> {
  return (await ask(adminKey, '{ organization(slug: "demo") { id } }')).data.organization.id;
}

export const question = 'Say one two three and then four five six';
export const weather = {
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
} as const;
