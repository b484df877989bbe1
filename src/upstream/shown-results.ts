import type { ChatMessage, ContentPart } from './connector.ts';

/**
 * For protocols in which the result of a tool is text alone. What it shows beside that follows in a
 * message of the user: behind all results of the turn, because nothing may stand between them.
 */
export function withTextResults(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  if (!messages.some(shows)) return messages;
  const told: ChatMessage[] = [];
  let shown: ContentPart[] = [];
  const show = () => {
    if (shown.length > 0) told.push({ role: 'user', content: shown });
    shown = [];
  };
  for (const message of messages) {
    if (message.role !== 'tool') show();
    if (!shows(message)) {
      told.push(message);
      continue;
    }
    const { said, media } = apart(message);
    told.push(said);
    shown.push({ type: 'text', text: `The result of ${message.toolCallId} shows:` }, ...media);
  }
  show();
  return told;
}

const shows = ({ role, content }: ChatMessage): boolean =>
  role === 'tool' && Array.isArray(content) && content.some(isMedia);

const isMedia = ({ type }: ContentPart) => type !== 'text';

/** A result that says nothing has to be a text all the same. */
function apart(message: ChatMessage): { said: ChatMessage; media: readonly ContentPart[] } {
  const parts = Array.isArray(message.content) ? (message.content as readonly ContentPart[]) : [];
  const texts = parts.filter((part) => !isMedia(part));
  const content = texts.length > 0 ? texts : 'It is shown below.';
  return { said: { ...message, content }, media: parts.filter(isMedia) };
}
