import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './index.ts';
import { openApi } from './rest/openapi.ts';

/**
 * Writes the printed forms of both APIs: `schema.graphql`, sorted so that a change shows as itself,
 * and `openapi.json`.
 */
const write = (name: string, text: string) =>
  writeFileSync(new URL(name, import.meta.url), `${text}\n`);

write('schema.graphql', printSchema(lexicographicSortSchema(schema)));
write('openapi.json', JSON.stringify(openApi(), null, 1));
