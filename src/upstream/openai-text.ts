import { UpstreamFault } from './upstream-fault.ts';

/** The text that a provider put at a place for one; '' for none, MALFORMED when it is no text. */
export function textAt(place: unknown): string {
  if (typeof place === 'string') return place;
  if (place === undefined || place === null) return '';
  throw new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200 });
}
