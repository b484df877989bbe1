import { paymentNewsSuite } from './payment-news-suite.ts';

paymentNewsSuite('server');
