import { describe } from 'vitest';
import { catalogSuite } from './catalog-suite.ts';

describe('the catalog on a PostgreSQL server', () => catalogSuite('server'));
