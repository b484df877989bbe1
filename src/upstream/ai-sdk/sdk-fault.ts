import { APICallError, JSONParseError, TypeValidationError } from '@ai-sdk/provider';
import { scrub } from '#kernel';
import { parsed } from '../provider-message.ts';
import { withoutQuotes } from '../quotes.ts';
import { type RefusalContext, refusalFault, statusNamed } from '../refusal.ts';
import { UpstreamFault } from '../upstream-fault.ts';
import { isObject, type Wire } from './wire.ts';

/**
 * The fault for what a provider package threw or streamed as an error: a refusal is classified by
 * the provider's own words, what the package cannot read or send is not passed on.
 */
export function sdkFault(thrown: unknown, context: RefusalContext): UpstreamFault {
  if (thrown instanceof UpstreamFault) return thrown;
  if (APICallError.isInstance(thrown)) {
    const { statusCode: status = 200, responseHeaders: headers = {}, responseBody } = thrown;
    if (responseBody) return refusalFault({ status, headers, body: parsed(responseBody) }, context);
    return sdkFault(thrown.cause, context);
  }
  if (JSONParseError.isInstance(thrown) || TypeValidationError.isInstance(thrown)) {
    return new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200 });
  }
  if (thrown instanceof Error) return refusedByPackage(thrown, context);
  const error = isObject(thrown) && thrown['error'] ? thrown['error'] : thrown;
  return refusalFault({ status: statusNamed(error) ?? 200, headers: {}, body: { error } }, context);
}

/** An event that the service has added since its package was written. */
export function isNewEvent(thrown: unknown, { events }: Pick<Wire, 'events'>): boolean {
  if (!events || !TypeValidationError.isInstance(thrown) || !isObject(thrown.value)) return false;
  const { type } = thrown.value;
  return typeof type === 'string' && !events.has(type);
}

/**
 * A request that the wire cannot say (an image by address, say) may be said in another one. What a
 * package throws may quote what was sent or answered, so it is no cause.
 */
function refusedByPackage({ name, message }: Error, { prompt }: RefusalContext): UpstreamFault {
  const unsaid = /^AI_(UnsupportedFunctionality|InvalidPrompt|InvalidArgument)Error$/;
  const providerMessage = withoutQuotes(scrub(message), prompt());
  return unsaid.test(name)
    ? new UpstreamFault({ failure: 'UNSAID', providerMessage })
    : new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200 });
}
