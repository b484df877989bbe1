import { truthSuite } from './truth-suite.ts';

truthSuite('embedded');
