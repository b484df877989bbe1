import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from './index.ts';

/**
 * Writes `schema.graphql`, the printed form of the API, sorted so that a change shows as itself.
 */
const text = `${printSchema(lexicographicSortSchema(schema))}\n`;
writeFileSync(new URL('schema.graphql', import.meta.url), text);
