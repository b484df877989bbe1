import { writeFileSync } from 'node:fs';
import { schema } from '#schema';
import { compare } from './comparison.ts';
import { contract, missingFile } from './promised.ts';

/** Rewrites the list of what is not served yet; what is served otherwise is no matter of a list. */
const { missing } = compare(contract, schema);
writeFileSync(missingFile, missing.map((place) => `${place}\n`).join(''));
