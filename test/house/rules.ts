import {
  allTestsRun,
  borrowedTime,
  explainedCasts,
  faultsOnly,
  noSleeps,
  oneReaderOfTheEnvironment,
} from './call-rules.ts';
import { fewParameters, narrowLines, shortFiles, shortFunctions } from './size-rules.ts';
import type { Rule } from './source.ts';
import {
  doorWithAHead,
  explainedSilence,
  namedForItsIdea,
  noOwnPaths,
  nothingUnfinished,
} from './text-rules.ts';

/** What every file of code keeps to. */
export const rules: Readonly<Record<string, Rule>> = {
  shortFunctions,
  shortFiles,
  fewParameters,
  narrowLines,
  borrowedTime,
  noSleeps,
  faultsOnly,
  oneReaderOfTheEnvironment,
  explainedCasts,
  allTestsRun,
  nothingUnfinished,
  explainedSilence,
  noOwnPaths,
  namedForItsIdea,
  doorWithAHead,
};
