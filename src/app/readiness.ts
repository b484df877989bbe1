import type { Credits } from '#credits';
import type { Metrics } from '#metrics';

export interface Readiness {
  readonly credits: Pick<Credits, 'recording' | 'confirmed'>;
  readonly metrics: Pick<Metrics, 'warm'>;
}

/** Why a node whose database answers cannot serve; null when it can. */
export function unreadyBecause({ credits, metrics }: Readiness): string | null {
  if (!credits.recording) return 'the settlement journal cannot be written';
  if (!credits.confirmed) return 'the database takes no writes';
  return metrics.warm ? null : 'the metrics of the last months are being read';
}
