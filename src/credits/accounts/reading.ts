import { Fault, type Money } from '#kernel';
import { periodStart } from '../charge/periods.ts';
import { accountId, emptyLease, type Lease } from '../leases/lease.ts';
import type { LeaseTarget } from '../ledger/lease-statements.ts';
import type { Machine } from '../parts.ts';
import type { Account, KeyPeriod, KeySpend } from './account.ts';

/**
 * The account as it is: what is acknowledged is posted first, and nothing is being posted from here
 * between the look at the ledger and the look at the holds.
 */
export async function readAccount(machine: Machine, organizationId: string): Promise<Account> {
  const { settlement, statements, session } = machine;
  await machine.flush();
  return settlement.undisturbed(async () => {
    const target: LeaseTarget = { kind: 'ACCOUNT', target: accountId(organizationId) };
    const row = await statements.account(session.number, target.target);
    if (!row) throw new Fault('NOT_FOUND', { public: 'There is no such organization.' });
    const held = row.held + heldHere(machine, target);
    return { balance: row.balance, held, available: row.balance - held };
  });
}

/**
 * What the key's limit counts in its current period, and what completions hold of it. A completion
 * counts in the period of its admission; without a limit, in that in which it ended.
 */
export async function readKeySpend(machine: Machine, key: KeyPeriod): Promise<KeySpend> {
  const { session, settlement, statements } = machine;
  await machine.flush();
  return settlement.undisturbed(async () => {
    const { id, creditLimit, limitPeriod: period, limitNumber: number } = key;
    const source = { kind: 'API_KEY', id, limit: null, period, number } as const;
    const { kind, target, periodStart, resetsAt } = emptyLease(source, '', session.now());
    const row = await statements.keySpend(session.number, {
      apiKeyId: key.id,
      allowance: target,
      number: creditLimit === null ? null : number,
      since: periodStart ?? new Date(0),
    });
    return {
      spent: row.spent,
      held: row.held + heldHere(machine, { kind, target }),
      periodEndsAt: resetsAt,
    };
  });
}

/** What the member's completions were charged in the current calendar month, UTC. */
export async function readMemberSpend(machine: Machine, membershipId: string): Promise<Money> {
  await machine.flush();
  const since = periodStart('MONTHLY', machine.session.now());
  return machine.statements.memberSpend(membershipId, since);
}

function heldHere({ book }: Machine, target: LeaseTarget): Money {
  const lease: Lease | undefined = book.find(target);
  return lease ? lease.held + lease.unposted : 0n;
}
