import { describe } from 'vitest';
import { keysSuite } from './keys-suite.ts';

describe('on PostgreSQL', () => keysSuite('server'));
