import type { Clock, Log, Money } from '#kernel';
import type { Transaction } from '#storage';
import type { Account, KeyPeriod, KeySpend } from './accounts/account.ts';
import { readAccount, readKeySpend, readMemberSpend } from './accounts/reading.ts';
import { takePlace } from './journal/journal-place.ts';
import { accountId } from './leases/lease.ts';
import { limitChanged } from './leases/limits.ts';
import { creditsOutOfReach, keyUsedOtherwise } from './leases/refusals.ts';
import { giveBackFree, type Limited, takeLimit } from './leases/upkeep.ts';
import type { GrantInput } from './ledger/account-statements.ts';
import type { ClaimAnswer, ClaimInput } from './ledger/claim-statements.ts';
import type { LedgerDatabase } from './ledger/ledger-database.ts';
import { ledgerStatements } from './ledger/statements.ts';
import { type MachineOptions, openMachine } from './machine.ts';
import type { Machine } from './parts.ts';
import type { Heartbeat } from './session/peers.ts';
import { refuseSecondNode } from './session/session.ts';
import type { Hold, HoldRequest } from './terms.ts';

/** How this node hears of the others and they of it. */
export interface Neighbourhood {
  /**
   * Whether nodes reach each other (Redis). Without it a second node on one database is refused.
   */
  readonly shared: boolean;
  /** Tells the other nodes that money of this account is missed. */
  readonly recall: (account: string) => void;
  /** Tells the other nodes what this one last saw of the database. */
  readonly say: (heartbeat: Heartbeat) => void;
  /** The change number up to which this node has applied changes. */
  readonly appliedChange: () => bigint;
}

export interface CreditsOptions extends Neighbourhood {
  readonly storage: LedgerDatabase;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Holds the settlement journal and the node's name. Null: the journal is the database's table
   * alone.
   */
  readonly dataDir: string | null;
}

/** What a renewal of this node's session tells. */
export interface Renewed {
  /** Numbers of the sessions of all nodes that are alive, this one's among them. */
  readonly liveSessions: readonly number[];
}

/** What this node carries at a moment. */
export interface CreditsLoad {
  /** Running completions for which something is set aside. */
  readonly holds: number;
  /** Of accounts, together. */
  readonly held: Money;
  /** Accounts and allowances of which a part is leased. */
  readonly leases: number;
  /** Of accounts, together. */
  readonly leased: Money;
  /** Charges that are durable and not yet in the ledger. */
  readonly unposted: number;
}

export interface Credits {
  /**
   * This node's session: part of the ids of its completions. Changes when others took the node for
   * dead.
   */
  readonly session: number;
  /**
   * Sets aside the worst case of a completion in all that it touches, or in nothing. Without I/O
   * when the node has leased enough.
   *
   * @throws InsufficientCredits when it does not fit; Fault UNAVAILABLE when that cannot be known
   * now.
   */
  admit(request: HoldRequest): Promise<Hold>;
  /**
   * Takes an idempotency key for a completion: one statement. @throws Fault UNAVAILABLE without a
   * database
   */
  claim(claim: ClaimInput): Promise<ClaimAnswer>;
  /** Gives a key up whose completion was refused before a provider was tried. */
  unclaim(claim: { principal: string; key: string; gen: number }): Promise<void>;
  /** Posts everything that was acknowledged, on any node: what is read afterwards is exact. */
  flush(): Promise<void>;
  account(organizationId: string): Promise<Account>;
  /** What a key has spent and set aside in its current period, and when the next one begins. */
  keySpend(key: KeyPeriod): Promise<KeySpend>;
  /** What was charged to a member in the current calendar month, UTC. */
  memberSpend(membershipId: string): Promise<Money>;
  /** Once for a key of an organization; a repeat answers the first entry. Usable at once. */
  grantCredits(grant: GrantInput & { organizationId: string }): Promise<{ entryId: string }>;
  /** Another node misses money of this account: what is free here goes back. */
  recalled(account: string): void;
  /**
   * A limit is another one now, or none: it counts at once, for what runs as well. What is free
   * under the one before goes back.
   */
  limited(limit: Limited): void;
  /** Another node told what it saw of the database. */
  heard(heartbeat: Heartbeat): void;
  /** True once every other live node has applied this change; false after a second. */
  acknowledged(change: bigint): Promise<boolean>;
  /** Called with the number of the last change each time that this node has read it. */
  onLooked(listener: (change: bigint) => void): () => void;
  /** Called with who is live at once, and then each time that the session was renewed. */
  onRenewed(listener: (renewed: Renewed) => void): () => void;
  /**
   * Called, at most four times a second, with the organizations of whose money more or less is held
   * or charged on this node than before.
   */
  onMoved(listener: (organizationIds: readonly string[]) => void): () => void;
  /** False while no journal takes a charge: nothing is admitted then. */
  readonly recording: boolean;
  /** False once the session was not renewed for so long that nothing is admitted. */
  readonly confirmed: boolean;
  /** What this node carries now. */
  load(): CreditsLoad;
  /** Posts what is left, gives back the leases, ends the session. */
  close(): Promise<void>;
}

/** An organization's account, in the transaction that makes the organization. */
export async function openAccount(tx: Transaction, organizationId: string): Promise<void> {
  const id = accountId(organizationId);
  await tx.creditAccount.create({ data: { id, kind: 'ORGANIZATION', organizationId } });
}

/**
 * Posts what earlier runs left, opens the session and keeps it.
 *
 * @throws Fault CONFLICT for a second node that could not be heard by the first; UNAVAILABLE
 * without a database.
 */
export async function openCredits(options: CreditsOptions): Promise<Credits> {
  const { storage, dataDir, clock, log } = options;
  const place = dataDir === null ? null : await takePlace(dataDir, clock, log);
  const { kind } = storage;
  const statements = ledgerStatements(storage);
  return (await openCreditsIn({ ...options, kind, statements, place })).credits;
}

/** The room in a world that is given, with its machine for whoever wants to look inside. */
export async function openCreditsIn(
  options: Neighbourhood & Omit<MachineOptions, 'looked' | 'renewed' | 'moved'>,
): Promise<{ credits: Credits; machine: Machine }> {
  const looks = new Set<(change: bigint) => void>();
  const renewals = new Set<(renewed: Renewed) => void>();
  const moves = new Set<(organizationIds: readonly string[]) => void>();
  const machine = await openMachine({
    ...options,
    looked: (change) => tellAll(looks, change),
    renewed: ({ live }) => tellAll(renewals, { liveSessions: live }),
    moved: (organizationIds) => tellAll(moves, organizationIds),
  });
  try {
    if (!(await machine.session.renew())) throw creditsOutOfReach('the session was not confirmed');
    if (!options.shared) refuseSecondNode(machine.session.live);
  } catch (thrown) {
    await machine.close();
    throw thrown;
  }
  return { credits: doorOf(machine, { looks, renewals, moves }), machine };
}

interface Listeners {
  readonly looks: Set<(change: bigint) => void>;
  readonly renewals: Set<(renewed: Renewed) => void>;
  readonly moves: Set<(organizationIds: readonly string[]) => void>;
}

function doorOf(machine: Machine, { looks, renewals, moves }: Listeners): Credits {
  const { session } = machine;
  return {
    get session() {
      return session.number;
    },
    ...spending(machine),
    ...accounts(machine),
    recalled: (account) => giveBackFree(machine, account),
    limited: (limit) => takeLimit(machine, limit),
    heard: (heartbeat) => session.watch.heard(heartbeat),
    acknowledged: (change) => session.watch.acknowledged(change),
    onLooked: (listener) => listen(looks, listener),
    onRenewed(listener) {
      listener({ liveSessions: session.live });
      return listen(renewals, listener);
    },
    onMoved: (listener) => listen(moves, listener),
    get recording() {
      return machine.journal.writable();
    },
    get confirmed() {
      return session.standing() !== 'STALE';
    },
    load: () => loadOf(machine),
    close: () => machine.close(),
  };
}

/** An allowance limits what an account pays: it holds no money of its own. */
function loadOf({ book, settlement }: Machine): CreditsLoad {
  const leases = [...book.leases];
  const accounts = leases.filter(({ source }) => source.kind === 'ORGANIZATION');
  return {
    holds: book.running.size,
    held: accounts.reduce((sum, lease) => sum + lease.held, 0n),
    leases: leases.length,
    leased: accounts.reduce((sum, lease) => sum + lease.amount, 0n),
    unposted: settlement.unposted,
  };
}

function tellAll<T>(listeners: Iterable<(news: T) => void>, news: T): void {
  for (const tell of listeners) tell(news);
}

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function spending(machine: Machine): Pick<Credits, 'admit' | 'claim' | 'unclaim'> {
  const { book, session, refills, journal, statements } = machine;
  return {
    admit(request) {
      if (!journal.writable())
        return Promise.reject(creditsOutOfReach('no journal can be written'));
      const organizationId = request.targets[0]?.id ?? '';
      const direct = session.standing() === 'GOOD' && !refills.waiting(organizationId);
      if (direct && !limitChanged(book.leasesOf(request.targets), request)) {
        const hold = book.admit(request);
        if (hold) return Promise.resolve(hold);
      }
      return refills.admit(request);
    },
    claim: (claim) => machine.inSession((number) => statements.takeClaim(number, claim)),
    async unclaim(claim) {
      await statements.finishClaim(claim);
    },
  };
}

function accounts(
  machine: Machine,
): Pick<Credits, 'flush' | 'account' | 'keySpend' | 'memberSpend' | 'grantCredits'> {
  const { statements } = machine;
  return {
    flush: () => machine.flush(),
    account: (organizationId) => readAccount(machine, organizationId),
    keySpend: (key) => readKeySpend(machine, key),
    memberSpend: (membershipId) => readMemberSpend(machine, membershipId),
    async grantCredits({ organizationId, ...grant }) {
      const { entry, amount } = await statements.grantCredits(accountId(organizationId), grant);
      if (amount !== grant.amount) throw keyUsedOtherwise();
      machine.moved.note(organizationId);
      return { entryId: entry };
    },
  };
}
