import { describe } from 'vitest';
import { historySuite } from './history-suite.ts';

describe('the history of the market on a PostgreSQL server', () => historySuite('server'));
