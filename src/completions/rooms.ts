import type { Bus } from '#bus';
import type { Market } from '#catalog';
import type { Credits, SettlementRecord } from '#credits';
import type { Cipher, Identity } from '#identity';
import type { Clock, Log, Price } from '#kernel';
import type { Limits } from '#limits';
import type { Metrics } from '#metrics';
import type { ProviderKeys } from '#provider-keys';
import type { Router } from '#routing';
import type { Storage } from '#storage';
import type { Connector } from '#upstream';
import type { RunningAnswers } from './attempt/running-answers.ts';
import type { Distrust } from './cost/distrust.ts';
import type { Losses } from './cost/losses.ts';
import type { KeptContent } from './history/kept-content.ts';

/** Is told what became of runs. What it does with that must not block. */
export interface Observer {
  /** Its charge is durable. */
  settled(record: SettlementRecord): void;
  /** It was refused before a provider was tried, with this code. */
  refused(code: string): void;
}

/** What a run needs of others. */
export interface Rooms {
  readonly clock: Clock;
  readonly log: Log;
  readonly router: Router;
  readonly credits: Credits;
  readonly limits: Limits;
  readonly metrics: Pick<Metrics, 'record'>;
  readonly identity: Pick<Identity, 'payer' | 'permissions' | 'visibleOrganization' | 'current'>;
  readonly storage: Pick<Storage, 'prisma' | 'query'>;
  readonly market: () => Market;
  /** The installation's key: its uses are the same on every node. */
  readonly cipher: Pick<Cipher, 'derive'>;
  /** To the other nodes. */
  readonly bus: Pick<Bus, 'publish' | 'subscribe' | 'shared' | 'shelf' | 'onHealed'>;
  /** What the organization brings along, and how it fares. */
  readonly providerKeys: Pick<ProviderKeys, 'of' | 'used'>;
  readonly connectors: (name: string) => Connector | null;
  readonly observer: Observer;
  /** What each organization may cost the platform unasked. */
  readonly losses: Losses;
  /** Whose figures are not believed. */
  readonly distrust: Distrust;
  /** What the answers that run here hold, together. */
  readonly answers: RunningAnswers;
  /** Where prompts and answers of organizations that want them kept go. */
  readonly kept: Pick<KeptContent, 'keep'>;
  /** The platform's fee on inference cost, 10⁻¹⁸ per unit. */
  readonly feeRate: Price;
}
