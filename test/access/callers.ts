import { Browser } from '../harness/browser.ts';
import type { Data } from '../harness/graphql-client.ts';
import { adminKey, type WholeApp } from '../harness/whole-app.ts';

export const callerNames = [
  'nobody',
  "another's INFERENCE key",
  "another's MANAGEMENT key",
  'INFERENCE key',
  'MANAGEMENT key',
  'VIEWER',
  'DEVELOPER',
  'BILLING',
  'ADMIN',
  'OWNER',
  'platform administrator',
] as const;

export type CallerName = (typeof callerNames)[number];

/** Who is of another tenant, or of none. */
export const strangers: ReadonlySet<CallerName> = new Set(callerNames.slice(0, 3));

export interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the form of its question
  readonly data?: any;
  readonly errors?: readonly { message: string; extensions: { code: string } }[];
}

/** Somebody who asks: with a key, as a person, or with nothing. */
export class Caller {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  /** Of a person. */
  readonly email: string | null;

  constructor(url: string, headers: Record<string, string>, email: string | null = null) {
    this.#url = url;
    this.#headers = headers;
    this.email = email;
  }

  async ask(query: string, variables: object = {}): Promise<Outcome> {
    const response = await this.#post({ query, variables });
    return (await response.json()) as Outcome;
  }

  /** The first event of a subscription, or why there is none. */
  async first(query: string, variables: object = {}): Promise<Outcome> {
    const response = await this.#post({ query, variables }, 'text/event-stream');
    let text = '';
    for await (const bytes of response.body ?? []) {
      text += Buffer.from(bytes).toString('utf8');
      const data = /^event: next\ndata: (.*)$/m.exec(text)?.[1];
      if (!data) continue;
      // Leaving the loop closes the stream: it has seen enough.
      return JSON.parse(data) as Outcome;
    }
    return (text.startsWith('{') ? JSON.parse(text) : { data: null }) as Outcome;
  }

  #post(body: object, accept = 'application/json'): Promise<Response> {
    return fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept,
        ...this.#headers,
      },
      body: JSON.stringify(body),
    });
  }
}

export const bearer = (url: string, key: string) =>
  new Caller(url, { authorization: `Bearer ${key}` });

const password = 'a long enough password';

export async function person(url: string, email: string): Promise<Caller> {
  const page = new Browser(url);
  await page.signUp(email, password);
  const { status } = await page.signIn(email, password);
  if (status !== 200) throw new RangeError(`${email} may not sign in: ${status}`);
  return new Caller(url, page.headers, email);
}

/** What a write answers, which has to succeed. */
export async function done(caller: Caller, mutation: string, variables: object): Promise<Data> {
  const { data, errors } = await caller.ask(mutation, variables);
  const result = data && Object.values(data)[0];
  if (errors || (result as { message?: string })?.message !== undefined) {
    throw new RangeError(JSON.stringify({ mutation, errors, result }));
  }
  return result;
}

const invitation = `mutation ($organizationId: ID!, $email: String!, $role: Role!) {
  inviteMember(input: { organizationId: $organizationId, email: $email, role: $role }) {
    ... on InviteMemberPayload { invitation { id } token } ... on Error { message } } }`;

export const invite = (
  by: Caller,
  input: { organizationId: string; email: string; role: string },
) => done(by, invitation, input);

/** Makes somebody a member, or a member again. */
export async function join(
  by: Caller,
  who: Caller,
  { organizationId, role }: { organizationId: string; role: string },
): Promise<string> {
  const { token } = await invite(by, { organizationId, email: who.email ?? '', role });
  const { membership } = await done(
    who,
    `mutation ($token: String!) { acceptInvitation(token: $token) {
      ... on AcceptInvitationPayload { membership { id } } ... on Error { message } } }`,
    { token },
  );
  return membership.id;
}

export async function keyOf(
  by: Caller,
  input: { organizationId: string; kind: 'INFERENCE' | 'MANAGEMENT' },
): Promise<{ id: string; secret: string }> {
  const { apiKey, secret } = await done(
    by,
    `mutation ($organizationId: ID!, $kind: ApiKeyKind!) {
      createApiKey(input: { organizationId: $organizationId, kind: $kind, name: "k" }) {
        ... on CreateApiKeyPayload { apiKey { id } secret } ... on Error { message } } }`,
    input,
  );
  return { id: apiKey.id, secret };
}

export const administrator = ({ url }: WholeApp) => bearer(url, adminKey);
