import { paymentsSuite } from './payments-suite.ts';

paymentsSuite('server');
