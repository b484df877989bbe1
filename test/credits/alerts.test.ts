import { alertsSuite } from './alerts-suite.ts';

alertsSuite('embedded');
