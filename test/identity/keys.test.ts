import { describe } from 'vitest';
import { keysSuite } from './keys-suite.ts';

describe('on the embedded database', () => keysSuite('embedded'));
