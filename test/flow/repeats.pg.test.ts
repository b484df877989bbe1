import { repeatsSuite } from './repeats-suite.ts';

repeatsSuite('server');
