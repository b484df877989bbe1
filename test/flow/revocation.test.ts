import { describe } from 'vitest';
import { wholeApp } from '../harness/whole-app.ts';
import { revocationSuite } from './revocation-suite.ts';

describe('on one node', () =>
  revocationSuite(async () => {
    const node = await wholeApp();
    return { issuing: node, serving: node, close: () => node.close() };
  }));
