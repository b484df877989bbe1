import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMoney, Secret } from '#kernel';
import { freshFolder } from '../harness/databases.ts';
import { graphqlClient } from '../harness/graphql-client.ts';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import {
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import {
  adminKey,
  type Customer,
  customer,
  demoKey,
  offer,
  startedDirectory,
  violations,
} from '../harness/whole-app.ts';

const streams = 100;
/** So many are answered whole before the kill, so many more at the moment of it. */
const [whole, racing] = [40, 30];
/** Each start takes a second on a quiet machine, and a minute on a busy one. */
const timeout = 300_000;

const query = `subscription { completion(input: {
  model: "acme/writer", maxTokens: 50, messages: [{ role: USER, content: "Go." }]
}) {
  __typename
  ... on CompletionFinished { completion { id usage { charged } } }
} }`;

interface Finished {
  readonly id: string;
  readonly charged: bigint;
}

/** `url` gives the address of a database of the caller's own; null: the embedded one. */
export function killedStreamsSuite(
  kind: 'embedded' | 'server',
  database: () => Promise<{ url: string; drop(): Promise<void> } | null>,
): void {
  describe(`a server on ${kind} that is killed in the middle of ${streams} streams`, () => {
    let own: Awaited<ReturnType<typeof database>>;
    let dataDir: string;
    let upstream: UpstreamStub;
    let server: ServerProcess;
    let acme: Customer;

    const settings = () => ({
      DATA_DIR: dataDir,
      ADMIN_KEY: adminKey,
      DEMO_KEY: demoKey,
      ...(own
        ? { DATABASE_URL: own.url, ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') }
        : {}),
    });
    const admin = () => graphqlClient(server.url, adminKey);

    beforeAll(async () => {
      upstream = await stubUpstream();
      own = await database();
      dataDir = await (own ? freshFolder() : startedDirectory());
      server = await startServer(settings());
      await offer(admin(), { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
      acme = await customer({ url: server.url, admin: admin() }, '1000');
    }, timeout);
    afterAll(async () => {
      await server?.end('SIGKILL');
      await upstream?.close();
      await own?.drop();
      await rm(dataDir, { recursive: true, force: true });
    }, timeout);

    /** Runs all of them until the server dies; answers what clients were told is finished. */
    async function untilKilled(): Promise<Finished[]> {
      const [allBegun, wholeFinished] = [deferred(), deferred()];
      const finished: Finished[] = [];
      let [asked, begun] = [0, 0];
      upstream.answerWith(async (answer) => {
        const number = asked++;
        await answer.sse(textChunk('Half '));
        if (++begun === streams) allBegun.resolve();
        await allBegun.promise;
        if (number >= whole) await wholeFinished.promise;
        if (number >= whole + racing) return; // it never ends
        await answer.sse(textChunk('and half.'), finishChunk(), usageChunk(5, 2), endMark);
        answer.end();
      });
      const follow = async () => {
        for await (const event of acme.overEventStream(query)) {
          if (event.__typename !== 'CompletionFinished') continue;
          const { id, usage } = event.completion;
          finished.push({ id, charged: parseMoney(usage.charged) });
          if (finished.length === whole) wholeFinished.resolve();
        }
      };
      const following = Array.from({ length: streams }, () => follow().catch(() => undefined));
      await wholeFinished.promise;
      await server.end('SIGKILL');
      await Promise.all(following);
      return finished;
    }

    it('§13 charges once what clients were told is finished, and holds nothing', {
      timeout,
    }, async () => {
      const finished = await untilKilled();
      expect(finished.length).toBeGreaterThanOrEqual(whole);
      expect(finished.length).toBeLessThanOrEqual(whole + racing);
      server = await startServer(settings());
      const again = graphqlClient(server.url, acme.key);
      let known = 0n;
      for (const { id, charged } of finished) {
        const { data } = await again.ask(
          'query ($id: ID!) { completion(id: $id) { status usage { charged } } }',
          { id },
        );
        expect(data.completion.status).toBe('SUCCEEDED');
        expect(parseMoney(data.completion.usage.charged)).toBe(charged);
        known += charged;
      }
      const { data } = await admin().ask(
        'query ($id: ID!) { node(id: $id) { ... on Organization { credits { balance held } } } }',
        { id: acme.organizationId },
      );
      const { balance, held } = data.node.credits;
      expect(held).toBe('0');
      // What was made durable and no client could be told of is charged too, once.
      const spent = parseMoney('1000') - parseMoney(balance);
      expect(spent).toBeGreaterThanOrEqual(known);
      const each = finished[0]?.charged ?? 1n;
      expect(spent % each).toBe(0n);
      expect(spent).toBeLessThanOrEqual(each * BigInt(whole + racing));
      const databaseUrl = own && new Secret(own.url);
      expect(await violations({ dataDir, databaseUrl })).toEqual([]);
    });
  });
}

const deferred = () => Promise.withResolvers<void>();
