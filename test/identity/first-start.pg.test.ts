import { firstStartSuite } from './first-start-suite.ts';

firstStartSuite('server');
