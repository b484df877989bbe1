import { owedSuite } from './owed-suite.ts';

owedSuite('server');
