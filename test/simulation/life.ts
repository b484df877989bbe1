import { Fault } from '#kernel';
import { newRequest, type Request, type Running, recordFor } from './customers.ts';
import { demand } from './invariants.ts';
import { pick } from './pick.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** A customer asks a node for a completion, sometimes with an idempotency key. */
export async function ask(world: World, running: Set<Running>): Promise<void> {
  const { random, customers } = world;
  const node = pick(random, world.nodes);
  const credits = node.credits;
  if (!credits || node.clock.paused || node.clock.dead) return;
  const customer = pick(random, customers);
  const request = newRequest(customer, { session: credits.session, n: ++world.requests }, random);
  const keyed = random.next() < 0.4;
  try {
    if (keyed && !(await claimed(world, node, request))) return;
    const hold = await credits.admit(request);
    checkAdmission(world, node);
    running.add({ node, hold, customer, request, session: credits.session });
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown; // a refusal
  }
}

async function claimed(world: World, node: SimNode, request: Request): Promise<boolean> {
  const key = `k${Math.floor(24 * world.random.next())}`;
  const { completion } = request;
  const claim = { principal: 'p', key, bodyHmac: 'b', completion };
  const answer = await node.credits?.claim(claim);
  if (answer?.verdict !== 'TAKEN') return false;
  request.claim = { principal: 'p', key, gen: answer.gen };
  return true;
}

/**
 * 9: whoever admits holds a session that is live, unless it knew of nobody who could end it: all
 * others told that they have no database, or there was nobody.
 */
function checkAdmission({ state }: World, { machine, name }: SimNode): void {
  const session = machine?.session;
  if (!session || state.sessions.get(session.number)?.state === 'LIVE') return;
  demand(9, session.watch.blind(), `${name} admits on session ${session.number}, which has ended`);
}

/** Something happens to one of those that run: it grows, ends, or is given up. */
export async function goOn(world: World, running: Set<Running>): Promise<void> {
  const { random } = world;
  const all = [...running].filter(({ node }) => node.runs && !node.clock.paused);
  if (all.length === 0) return;
  const one = pick(random, all);
  const dice = random.next();
  if (dice < 0.2) return void one.hold.extend(BigInt(1 + Math.floor(10 * random.next())));
  running.delete(one);
  if (dice < 0.3) return one.hold.end(null);
  const record = recordFor(one, random);
  const { clock } = one.node;
  await one.hold
    .end(record)
    .catch((thrown) => {
      if (!(thrown instanceof Fault)) throw thrown; // the disk: it was not acknowledged
      return Promise.reject(new NotAcknowledged());
    })
    .then(
      () => {
        if (!clock.dead) acknowledge(world, one, record.charged);
      },
      (thrown) => {
        if (!(thrown instanceof NotAcknowledged)) throw thrown;
      },
    );
}

class NotAcknowledged extends Error {
  override readonly name = 'NotAcknowledged';
}

function acknowledge(world: World, { request, session }: Running, charged: bigint): void {
  const one = { request, charged, session };
  world.acknowledged.set(request.completion, one);
  world.everAcknowledged.set(request.completion, one);
  world.checkKept();
}
