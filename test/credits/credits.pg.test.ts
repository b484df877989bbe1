import { creditsSuite } from './credits-suite.ts';

creditsSuite('server');
