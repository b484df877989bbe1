import { againstSuite } from './against-suite.ts';

againstSuite('embedded');
