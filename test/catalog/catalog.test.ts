import { describe } from 'vitest';
import { catalogSuite } from './catalog-suite.ts';

describe('the catalog on the embedded database', () => catalogSuite('embedded'));
