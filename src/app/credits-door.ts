import type { Credits } from '#credits';
import type { CreditsDoor } from '#schema';

/** The accounts as the API asks for them. */
export function creditsDoor(credits: Credits): CreditsDoor {
  return {
    post: () => credits.flush(),
    account: (organizationId) => credits.account(organizationId),
    keySpend: (key) => credits.keySpend(key),
    memberSpend: (membershipId) => credits.memberSpend(membershipId),
  };
}
