import { type IdKind, InvalidInput, idPrefixes, isId } from '#kernel';

/** The id itself; InvalidInput at `path` when it is no id of this kind. */
export function idArgument(kind: IdKind, path: string, id: string): string {
  if (isId(kind, id)) return id;
  const message = 'This is not an id of the right kind.';
  throw InvalidInput.at(path, message, `an id that starts with ${idPrefixes[kind]}_`);
}
