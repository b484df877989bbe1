import { AssertionError } from 'node:assert';

/** Stands before every file of a suite whose server does not answer although it must. */
throw new AssertionError({ message: 'No server answers for this suite, and CI=true demands one.' });
