import { identitySuite } from './identity-suite.ts';

identitySuite('server');
