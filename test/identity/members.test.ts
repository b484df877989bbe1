import { describe } from 'vitest';
import { membersSuite } from './members-suite.ts';

describe('on the embedded database', () => membersSuite('embedded'));
