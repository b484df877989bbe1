import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Identity } from '#identity';
import { demoOrganizationId } from '#identity';
import { Secret } from '#kernel';
import type { Storage } from '#storage';
import { freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { begin, openNode } from './node.ts';

const demoKey = new Secret('the-demo-key-of-this-test');
let storage: Storage;
let identity: Identity;
let clock: VirtualClock;
let queries = 0;

/** The same database, with everything that is asked of it counted. */
function counted(real: Storage): Storage {
  const prisma = new Proxy(real.prisma, {
    get(target, name) {
      queries++;
      return Reflect.get(target, name);
    },
  });
  const query: Storage['query'] = (sql, parameters) => {
    queries++;
    return real.query(sql, parameters);
  };
  return Object.create(real, { prisma: { value: prisma }, query: { value: query } });
}

beforeAll(async () => {
  clock = virtualClock();
  storage = await freshDatabase('embedded', { clock });
  await begin(storage, clock, demoKey);
  identity = await openNode(counted(storage), clock);
});
afterAll(async () => {
  await identity?.close();
  await storage?.close();
});

it('to know a key, what it may do and who pays asks the database nothing', () => {
  queries = 0;
  for (let time = 0; time < 1_000; time++) {
    const principal = identity.authenticate(demoKey.reveal());
    expect(principal.kind).toBe('apiKey');
    expect(identity.current(principal)).toEqual(principal);
    expect(identity.payer(principal).organization.id).toBe(demoOrganizationId);
    expect(identity.permissions(principal, demoOrganizationId)?.has('COMPLETIONS_RUN')).toBe(true);
  }
  expect(queries).toBe(0);
});

it('a key that is not known is refused without a query as well', () => {
  queries = 0;
  expect(() => identity.authenticate('sk-bourse-of-nobody-at-all')).toThrow();
  expect(queries).toBe(0);
});

it('and a thousand uses are one write, behind them', async () => {
  queries = 0;
  for (let time = 0; time < 1_000; time++) identity.authenticate(demoKey.reveal());
  await clock.advance(10_000);
  expect(queries).toBe(1);
});
