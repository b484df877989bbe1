import { silentLog, systemClock } from '#kernel';
import { openStorage } from '#storage';
import type { Config } from '../../src/config.ts';

/** Everything that the tables of a running server hold, as text, by the name of the table. */
export async function tableTexts({
  databaseUrl,
  dataDir,
}: Pick<Config, 'databaseUrl' | 'dataDir'>): Promise<ReadonlyMap<string, string>> {
  const place = { databaseUrl, dataDir, join: true, clock: systemClock, log: silentLog };
  const storage = await openStorage(place);
  const names = await storage.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const texts = new Map<string, string>();
  for (const { name } of names) {
    const sql = `SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') AS text
      FROM "${name}" t`;
    texts.set(name, (await storage.query<{ text: string }>(sql))[0]?.text ?? '');
  }
  await storage.close();
  return texts;
}
