import { truthSuite } from './truth-suite.ts';

truthSuite('server');
