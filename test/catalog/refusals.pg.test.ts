import { describe } from 'vitest';
import { refusalsSuite } from './refusals-suite.ts';

describe('a refused parameter on a PostgreSQL server', () => refusalsSuite('server'));
