import { describe } from 'vitest';
import { providerKeysSuite } from './provider-keys-suite.ts';

describe('on PostgreSQL', () => providerKeysSuite('server'));
