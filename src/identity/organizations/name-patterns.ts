import type { InputIssue } from '#kernel';

const patternsMax = 100;
/**
 * A slug or an alias (those of local models may have a tag behind a colon), `*`, or either with `*`
 * in it.
 */
const modelForm = /^[A-Za-z0-9*][A-Za-z0-9._:*/-]{0,199}$/;
const providerForm = /^[A-Za-z0-9*][A-Za-z0-9._ *-]{0,99}$/;

/** What is wrong with a list that names models; absent and null name none and are right. */
export function modelListIssues(path: string, list: Names): InputIssue[] {
  const accepted = 'a model as in author/name, all of an author as in author/*, or *';
  return listIssues(path, list, { form: modelForm, accepted, things: 'models' });
}

/** The same for providers. */
export function providerListIssues(path: string, list: Names): InputIssue[] {
  const accepted = 'the slug of a provider, a pattern as in sandbox*, or *';
  return listIssues(path, list, { form: providerForm, accepted, things: 'providers' });
}

type Names = readonly string[] | null | undefined;

interface Rule {
  readonly form: RegExp;
  readonly accepted: string;
  readonly things: string;
}

function listIssues(path: string, list: Names, rule: Rule): InputIssue[] {
  const { form, accepted, things } = rule;
  if (list && list.length > patternsMax) {
    return [{ path, message: 'There are too many.', accepted: `at most ${patternsMax}` }];
  }
  return (list ?? []).flatMap((name, index) =>
    form.test(name)
      ? []
      : [{ path: `${path}.${index}`, message: `This cannot name ${things}.`, accepted }],
  );
}
