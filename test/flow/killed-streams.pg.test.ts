import { serverDatabase } from '../harness/databases.ts';
import { killedStreamsSuite } from './killed-streams-suite.ts';

killedStreamsSuite('server', serverDatabase);
