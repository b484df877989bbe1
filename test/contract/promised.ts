import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';

/** The contract, as it was given: a verbatim copy that nobody here edits. */
export const contractText = readFileSync(new URL('api.graphql', import.meta.url), 'utf8');
export const contract = buildSchema(contractText);

/** What of the contract is not served yet, one coordinate a line. */
export const missingFile = new URL('missing.txt', import.meta.url);
