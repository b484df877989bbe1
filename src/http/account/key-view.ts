import type { ApiKey } from '#identity';
import { dollarsOf } from '#kernel';
import type { ManagedKey, OwnKey, Rooms } from '#schema';
import type { Spending } from './spending.ts';

const resets = { NONE: null, DAILY: 'daily', WEEKLY: 'weekly', MONTHLY: 'monthly' } as const;

/** What every view of a key shows. */
async function viewOf(apiKey: ApiKey, spending: Spending, { credits }: Rooms) {
  const { creditLimit } = apiKey;
  const left = async (limit: bigint) => {
    const { spent, held } = await credits.keySpend(apiKey);
    return dollarsOf(limit > spent + held ? limit - spent - held : 0n);
  };
  return {
    label: apiKey.hint,
    limit: creditLimit === null ? null : dollarsOf(creditLimit),
    limit_remaining: creditLimit === null ? null : await left(creditLimit),
    limit_reset: resets[apiKey.limitPeriod],
    include_byok_in_limit: false,
    usage: dollarsOf(spending.ever),
    usage_daily: dollarsOf(spending.daily),
    usage_weekly: dollarsOf(spending.weekly),
    usage_monthly: dollarsOf(spending.monthly),
    byok_usage: dollarsOf(spending.own.ever),
    byok_usage_daily: dollarsOf(spending.own.daily),
    byok_usage_weekly: dollarsOf(spending.own.weekly),
    byok_usage_monthly: dollarsOf(spending.own.monthly),
    creator_user_id: apiKey.membershipId,
    expires_at: apiKey.expiresAt?.toISOString() ?? null,
    workspace_id: apiKey.organizationId,
  };
}

/** The key that asks, as it sees itself. */
export async function ownKey(apiKey: ApiKey, spending: Spending, rooms: Rooms): Promise<OwnKey> {
  const manages = apiKey.kind === 'MANAGEMENT';
  return {
    ...(await viewOf(apiKey, spending, rooms)),
    is_free_tier: false,
    is_management_key: manages,
    is_provisioning_key: manages,
    organization_id: apiKey.organizationId,
    allowed_data_regions: ['global'],
    free_model_daily_requests: { limit: -1, used: 0, remaining: -1 },
    rate_limit: {
      requests: apiKey.requestsPerMinute ?? -1,
      interval: '1m',
      note: '-1 is no limit. The headers X-RateLimit-* say how the key stands to it.',
    },
  };
}

/** A key as those see it who manage keys. */
export async function managedKey(
  apiKey: ApiKey,
  spending: Spending,
  rooms: Rooms,
): Promise<ManagedKey> {
  return {
    ...(await viewOf(apiKey, spending, rooms)),
    hash: apiKey.id,
    name: apiKey.name,
    disabled: apiKey.disabled,
    external_user: null,
    created_at: apiKey.createdAt.toISOString(),
    updated_at: null,
  };
}
