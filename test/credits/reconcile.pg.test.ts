import { reconcileSuite } from './reconcile-suite.ts';

reconcileSuite('server');
