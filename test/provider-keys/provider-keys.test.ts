import { describe } from 'vitest';
import { providerKeysSuite } from './provider-keys-suite.ts';

describe('on the embedded database', () => providerKeysSuite('embedded'));
