import type { SettlementRecord } from '#credits';
import { completionId, type Random } from '#kernel';
import { journalBatch, journalRecord } from '../../src/credits/journal/journal-record.ts';
import { accountId } from '../../src/credits/leases/lease.ts';
import type { GrantTarget, LeaseTarget } from '../../src/credits/ledger/lease-statements.ts';
import { recordOf } from '../credits/node.ts';
import { pick } from './pick.ts';
import type { TwoLedgers } from './two-ledgers.ts';

/** Where a sequence of calls stands. */
export class Calls {
  readonly #ledgers: TwoLedgers;
  readonly #random: Random;
  readonly #completions: string[] = [];
  readonly #left: string[] = [];
  #made = 0;

  constructor(ledgers: TwoLedgers, random: Random) {
    this.#ledgers = ledgers;
    this.#random = random;
  }

  /** One of all the calls that a node may make, sound or not, in time or not. */
  async any(): Promise<void> {
    await pick(this.#random, this.#choices).call(this);
  }

  /** Drawn evenly: what is common stands here more than once. */
  readonly #choices: readonly (() => Promise<void>)[] = [
    ...[this.#open, this.#renew, this.#grant, this.#grant, this.#grant, this.#giveBack],
    ...[this.#append, this.#append, this.#postJournal, this.#post, this.#post, this.#postLate],
    ...[this.#takeClaim, this.#takeClaim, this.#finishClaim, this.#close, this.#reap, this.#wait],
    ...[this.#read, this.#grantCredits, this.#owe],
  ];

  get #session(): number {
    return pick(this.#random, this.#ledgers.sessions);
  }
  get #organization(): string {
    return pick(this.#random, this.#ledgers.organizations);
  }
  #upTo(most: number): number {
    return Math.floor((most + 1) * this.#random.next());
  }
  #amount(most: number): bigint {
    return BigInt(this.#upTo(most));
  }
  #rarely(share = 0.15): boolean {
    return this.#random.next() < share;
  }

  async #open(): Promise<void> {
    if (this.#ledgers.state.live().length < 3) await this.#ledgers.openSession();
  }

  async #renew(): Promise<void> {
    const organization = this.#organization;
    const held = [{ ...ofCredits(organization), held: this.#amount(12) }];
    await this.#ledgers.renew({ session: this.#session, ackChange: 0n, held });
  }

  async #grant(): Promise<void> {
    const organization = this.#organization;
    const account = accountId(organization);
    const welcome = () => ({ min: this.#amount(9), want: this.#amount(15) });
    const targets: GrantTarget[] = [
      { ...ofCredits(organization), ...welcome(), limit: null, account, ...nobody },
    ];
    if (this.#rarely(0.5)) {
      const number = this.#rarely() ? 1 : 0;
      targets.push({ ...ofKey(organization, number), ...welcome(), limit: 20n, account });
    }
    await this.#ledgers.call('grant', this.#session, targets);
  }

  async #giveBack(): Promise<void> {
    const { state } = this.#ledgers;
    const session = this.#session;
    const lease = pick(this.#random, [...state.leasesOf(session), undefined]);
    const target = lease ?? ofCredits(this.#organization);
    const most = Number(lease?.amount ?? 3n) + (this.#rarely() ? 5 : 0);
    const { kind, target: id } = target;
    await this.#ledgers.call('giveBack', session, { kind, target: id, amount: this.#amount(most) });
    await this.#ledgers.call('leased', session, { kind, target: id });
  }

  async #append(): Promise<void> {
    const rows = [{ n: this.#upTo(6), records: this.#records() }];
    if (this.#rarely()) rows.push({ n: this.#upTo(6), records: this.#records() });
    await this.#ledgers.call('append', this.#session, rows);
  }

  async #postJournal(): Promise<void> {
    const held = [{ ...ofCredits(this.#organization), held: this.#amount(5) }];
    const rows = { session: this.#session, rows: 1 + this.#upTo(3), held };
    await this.#ledgers.call('postJournal', rows);
    await this.#ledgers.call('journalSessions');
  }

  async #post(): Promise<void> {
    const posting = { session: this.#session, records: this.#records(), held: [] };
    await this.#ledgers.call('post', posting);
  }

  async #postLate(): Promise<void> {
    await this.#ledgers.call('postLate', this.#session, this.#records());
  }

  async #takeClaim(): Promise<void> {
    const claim = {
      principal: this.#organization,
      key: `k${this.#upTo(2)}`,
      bodyHmac: this.#rarely() ? 'another body' : 'a body',
      completion: this.#completion(),
    };
    await this.#ledgers.call('takeClaim', this.#session, claim);
  }

  async #finishClaim(): Promise<void> {
    const claim = { principal: this.#organization, key: `k${this.#upTo(2)}`, gen: 1 };
    await this.#ledgers.call('finishClaim', claim);
  }

  async #close(): Promise<void> {
    if (this.#rarely(0.3)) await this.#ledgers.call('closeSession', this.#session);
  }

  async #reap(): Promise<void> {
    await this.#ledgers.call('reapSession');
    await this.#ledgers.call('liveSessions', null);
  }

  #wait(): Promise<void> {
    return this.#ledgers.timePasses(pick(this.#random, [1, 3, 30, 51]));
  }

  async #read(): Promise<void> {
    const organization = this.#organization;
    const [session, since] = [this.#session, new Date('2026-01-01')];
    await this.#ledgers.call('account', session, accountId(organization));
    const key = { apiKeyId: `key_${organization}`, allowance: ofKey(organization).target, since };
    for (const number of [0, null])
      await this.#ledgers.call('keySpend', session, { ...key, number });
    await this.#ledgers.call('memberSpend', `mbr_${organization}`, since);
  }

  async #owe(): Promise<void> {
    const organization = this.#organization;
    const owes = (this.#ledgers.state.owed.get(accountId(organization)) ?? 0n) > 0n;
    await this.#ledgers.owe(organization, owes ? 0n : 1n + this.#amount(4));
  }

  async #grantCredits(): Promise<void> {
    const grant = { amount: 1n + this.#amount(9), key: `gift ${this.#upTo(3)}` };
    const account = accountId(this.#organization);
    await this.#ledgers.call('grantCredits', account, { ...grant, reason: 'A gift', actor: null });
  }

  /** One that was there before, now and then. */
  #completion(): string {
    const again = this.#completions.length > 0 && this.#rarely();
    return again ? pick(this.#random, this.#completions) : this.#newCompletion();
  }

  #newCompletion(): string {
    const [first = 0] = this.#ledgers.sessions;
    const id = completionId(Date.UTC(2026, 0, 15), first, ++this.#made);
    this.#completions.push(id);
    return id;
  }

  #records(): string {
    return journalBatch(Array.from({ length: 1 + this.#upTo(3) }, () => this.#record()));
  }

  /** What a completion leaves is always the same, however often it comes. */
  #record(): string {
    if (this.#left.length > 0 && this.#rarely()) return pick(this.#random, this.#left);
    const record = this.#newRecord();
    this.#left.push(record);
    return record;
  }

  /** Mostly sound; now and then one that no table takes. */
  #newRecord(): string {
    const organization = this.#rarely(0.05) ? 'org_of_nobody' : this.#organization;
    const own = this.#rarely();
    const fee = this.#amount(2);
    const cost = own ? 0n : this.#amount(4);
    const charged = cost + fee + (this.#rarely(0.03) ? 1n : 0n);
    const line = { kind: 'PROMPT', quantity: 1, unitPrice: 1n, amount: charged } as const;
    const limited = this.#rarely(0.5);
    const record = recordOf(this.#newCompletion(), organization, 1, {
      apiKeyId: limited || this.#rarely(0.3) ? `key_${organization}` : null,
      membershipId: this.#rarely(0.3) ? `mbr_${organization}` : null,
      ...{ ownProviderKey: own, cost, fee, charged, upstreamCost: cost, waived: 0n },
      lines: [{ ...line, endpointId: 'end_1' }],
      ...(this.#rarely(0.03) ? { providerId: null } : {}),
      ...(this.#rarely(0.03) ? { tokens: tooMany } : {}),
      claim: this.#rarely(0.3) ? this.#claim(organization) : null,
    });
    return journalRecord(record, accountId(organization), limited ? [ofKey(organization)] : []);
  }

  #claim(principal: string): SettlementRecord['claim'] {
    return { principal, key: `k${this.#upTo(2)}`, gen: 1 + this.#upTo(1) };
  }
}

const tooMany = { prompt: 2 ** 31, completion: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const nobody = { subject: null, subjectId: null, number: 0, periodStart: null };

const ofCredits = (organization: string): LeaseTarget => ({
  kind: 'ACCOUNT',
  target: accountId(organization),
});

const ofKey = (organization: string, number = 0) =>
  ({
    kind: 'ALLOWANCE',
    target: `alw_${number}_${organization}`,
    subject: 'API_KEY',
    subjectId: `key_${organization}`,
    number,
    periodStart: new Date('2026-01-01'),
  }) as const;
