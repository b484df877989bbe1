import { describe } from 'vitest';
import { historySuite } from './history-suite.ts';

describe('the history of the market on the embedded database', () => historySuite('embedded'));
