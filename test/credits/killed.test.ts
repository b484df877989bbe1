import { killedSuite } from './killed-suite.ts';

killedSuite('embedded', async () => null);
