import type { InputIssue } from '#kernel';
import { fittingName, nameIssues } from '../organizations/name-check.ts';
import { emailIssues } from './email-check.ts';

const imageCharactersMax = 2_048;

/** The fields that people say of themselves, where they say them. */
const told = new Set(['/sign-up/email', '/update-user']);

/**
 * What is wrong with names, addresses and pictures in a request, in one sentence; null when nothing
 * is. It is asked before it is looked at whether the address has an account. Colleagues read the
 * names in their lists.
 */
export function wrongInput(path: string, body: unknown): string | null {
  if (!told.has(path) || typeof body !== 'object' || body === null) return null;
  const [issue] = issuesOf(body as Record<string, unknown>);
  return issue ? `${issue.path}: ${issue.message} Accepted: ${issue.accepted}.` : null;
}

function issuesOf({ name, email, image }: Record<string, unknown>): readonly InputIssue[] {
  return [
    ...(name === undefined ? [] : shownNameIssues(name)),
    ...(typeof email === 'string' ? emailIssues('email', email.toLowerCase()) : []),
    ...(image == null ? [] : imageIssues(image)),
  ];
}

/** Without a name of their own people are called after their address. */
function shownNameIssues(name: unknown): readonly InputIssue[] {
  if (typeof name !== 'string') {
    return [{ path: 'name', message: 'This is not a name.', accepted: 'a text' }];
  }
  return name.trim() === '' ? [] : nameIssues('name', name);
}

function imageIssues(image: unknown): readonly InputIssue[] {
  if (isImage(image)) return [];
  const accepted = `an https address of at most ${imageCharactersMax} characters, or null`;
  return [{ path: 'image', message: 'This is not a picture.', accepted }];
}

const isImage = (image: unknown): image is string =>
  typeof image === 'string' && image.length <= imageCharactersMax && /^https:\/\//i.test(image);

/** What others say of a person is cut to what may stand here: nobody is there to ask again. */
export const fitting = <
  Told extends { readonly name: string; readonly image?: string | null | undefined },
>(
  user: Told,
) => ({
  data: { ...user, name: fittingName(user.name), image: isImage(user.image) ? user.image : null },
});

/** An account is of somebody with an address; what others say is one is looked at here. */
export const refusedUser = ({ user: { email } }: { user: { email?: string | undefined } }) =>
  emailIssues('email', (email ?? '').toLowerCase()).length > 0
    ? { error: 'invalid_email' }
    : undefined;
