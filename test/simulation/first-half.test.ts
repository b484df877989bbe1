import { simulationSuite } from './simulation-suite.ts';

simulationSuite(0);
