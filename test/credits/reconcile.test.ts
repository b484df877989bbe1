import { reconcileSuite } from './reconcile-suite.ts';

reconcileSuite('embedded');
