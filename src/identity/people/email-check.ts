import type { InputIssue } from '#kernel';

const emailMax = 254;
/** What better-auth takes for an address too; whether it exists shows when somebody answers. */
const emailForm = /^[^\s\p{C}@<>()",;:\\]+@[^\s\p{C}@<>()",;:\\.]+(?:\.[^\s\p{C}@<>()",;:\\.]+)+$/u;

/** What is wrong with an e-mail address: nothing, or one issue. */
export function emailIssues(path: string, email: string): readonly InputIssue[] {
  if (email.length <= emailMax && emailForm.test(email)) return [];
  return [{ path, message: 'This is not an e-mail address.', accepted: 'name@example.com' }];
}
