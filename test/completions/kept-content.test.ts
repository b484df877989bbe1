import { describe } from 'vitest';
import { keptContentSuite } from './kept-content-suite.ts';

describe('content that is kept, on the embedded database', () => keptContentSuite('embedded'));
