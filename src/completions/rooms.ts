import type { Credits } from '#credits';
import type { Clock, Log, Price } from '#kernel';
import type { Limits } from '#limits';
import type { Router } from '#routing';
import type { Connector } from '#upstream';

/** What a run needs of others. */
export interface Rooms {
  readonly clock: Clock;
  readonly log: Log;
  readonly router: Router;
  readonly credits: Credits;
  readonly limits: Limits;
  readonly connectors: (name: string) => Connector | null;
  /** The platform's fee on inference cost, 10⁻¹⁸ per unit. */
  readonly feeRate: Price;
}
