import { schemaSuite } from './schema-suite.ts';

schemaSuite('server');
