/**
 * A browser sends these across origins without asking first, so none of them may reach what changes
 * anything.
 */
export const simpleContentType =
  /^(text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)\b/i;
