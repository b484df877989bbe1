import { topUpsSuite } from './top-ups-suite.ts';

topUpsSuite('server');
