import type { Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';

/** `GET …/providers`: who sells here. What is not known of a provider is null. */
export function answerProviders({ response }: Exchange, { catalog }: Rooms): void {
  const data = catalog.market().providers.map(({ name, slug, statusPage }) => ({
    name,
    slug,
    privacy_policy_url: null,
    terms_of_service_url: null,
    status_page_url: statusPage,
    headquarters: null,
    datacenters: null,
  }));
  sendJson(response, 200, { data });
}
