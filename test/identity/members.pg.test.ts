import { describe } from 'vitest';
import { membersSuite } from './members-suite.ts';

describe('on PostgreSQL', () => membersSuite('server'));
