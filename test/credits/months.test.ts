import { monthsSuite } from './months-suite.ts';

monthsSuite('embedded');
