import { record } from '#audit';
import { Fault } from '#kernel';
import { Prisma } from '#storage';
import { actorOf } from '../access/actor.ts';
import type { ApiKey, Principal } from '../access/principal.ts';
import { changeTopic } from '../follow.ts';
import { idIssues, refuseIfAny } from '../input-issues.ts';
import { apiKeyOfRow } from '../rows.ts';
import { writeAs } from '../write-as.ts';
import type { Writing } from '../writing.ts';
import { hintOf, newApiKey } from './api-key-form.ts';
import { type CreatedApiKey, settingsDetails } from './api-keys.ts';
import { type KeyChanges, keyChanges, type UpdateApiKeyInput } from './key-changes.ts';
import { keyToWrite } from './key-rights.ts';

/**
 * Changes the settings of a key; running completions go on under those that they began with, unless
 * the key is disabled: then they end. Faults: UNAUTHENTICATED, FORBIDDEN, InvalidInput, NOT_FOUND,
 * CONFLICT for a key that is revoked.
 */
export async function updateApiKey(
  writing: Writing,
  principal: Principal,
  input: UpdateApiKeyInput,
): Promise<ApiKey> {
  const { clock } = writing;
  const changes = keyChanges(input, clock.now());
  const { id, organizationId } = await keyToWrite(writing, principal, input.id);
  return writeAs(writing, { principal, organizationId }, async (tx) => {
    const where = { id, revokedAt: null };
    const [row] = await tx.apiKey.updateManyAndReturn({ where, data: columnsOf(changes) });
    if (!row) throw keyRevoked();
    tx.change(changeTopic, `key:${id}`);
    const [actor, details] = [actorOf(principal), settingsDetails(changes)];
    const event = { chain: organizationId, actor, action: 'apiKey.updated', subject: id, details };
    await record(tx, event, clock);
    return apiKeyOfRow(row);
  });
}

function columnsOf({ allowedModels, ...changes }: KeyChanges) {
  if (allowedModels === undefined) return changes;
  return { ...changes, allowedModels: allowedModels ? [...allowedModels] : Prisma.DbNull };
}

/** How long a replaced secret may go on working. */
const graceSecondsMax = 30 * 86_400;

/**
 * A new secret for a key, which keeps its id, settings and history. The old one works for
 * `graceSeconds` more; what runs on it, and the sockets that it opened, end with it. One that was
 * replaced before ends now. Faults: UNAUTHENTICATED, FORBIDDEN, InvalidInput, NOT_FOUND, CONFLICT
 * for a key that is revoked.
 */
export async function rotateApiKey(
  writing: Writing,
  principal: Principal,
  asked: { readonly id: string; readonly graceSeconds: number },
): Promise<CreatedApiKey> {
  const { clock } = writing;
  const { id, organizationId } = await keyToWrite(writing, principal, checkedRotation(asked));
  const secret = newApiKey();
  const until = asked.graceSeconds === 0 ? null : clock.now() + asked.graceSeconds * 1_000;
  const apiKey = await writeAs(writing, { principal, organizationId }, async (tx) => {
    const replaced = await tx.$executeRaw`
      UPDATE api_key SET
        previous_hash = CASE WHEN ${until !== null} THEN hash END,
        previous_secret_expires_at = ${until === null ? null : new Date(until)}::timestamptz,
        hash = ${writing.cipher.keyedHash(secret.reveal())},
        hint = ${hintOf(secret)}
      WHERE id = ${id} AND revoked_at IS NULL`;
    if (replaced === 0) throw keyRevoked();
    tx.change(changeTopic, `key:${id}`);
    const row = await tx.apiKey.findUniqueOrThrow({ where: { id } });
    await record(tx, rotated(apiKeyOfRow(row), actorOf(principal), asked.graceSeconds), clock);
    return apiKeyOfRow(row);
  });
  return { apiKey, secret };
}

function checkedRotation({ id, graceSeconds }: { id: string; graceSeconds: number }): string {
  const accepted = `0 to ${graceSecondsMax}`;
  const within = graceSeconds >= 0 && graceSeconds <= graceSecondsMax;
  refuseIfAny([
    ...idIssues('apiKey', 'id', id),
    ...(within ? [] : [{ path: 'graceSeconds', message: `It is ${graceSeconds}.`, accepted }]),
  ]);
  return id;
}

function rotated({ id, organizationId, hint }: ApiKey, actor: string, graceSeconds: number) {
  const details = { hint, graceSeconds };
  return { chain: organizationId, actor, action: 'apiKey.rotated', subject: id, details };
}

const keyRevoked = () =>
  new Fault('CONFLICT', { public: 'This key is revoked for good. Make another one.' });
