import { killedStreamsSuite } from './killed-streams-suite.ts';

killedStreamsSuite('embedded', async () => null);
