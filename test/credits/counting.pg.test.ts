import { countingSuite } from './counting-suite.ts';

countingSuite('server');
