import { jsonDepthMax } from '#kernel';
import type { ContentPartInput, MessageInput } from './input.ts';
import type { Issues } from './issues.ts';

const messagesMax = 2_000;
/** Of all messages together. */
const partsMax = 10_000;
const mediaType = /^[a-z]+\/[a-zA-Z0-9.+-]+$/;
/** White space stands in one place of it alone: two would be tried in every way. */
const base64 = /^[A-Za-z0-9+/\s]+(?:=\s*){0,2}$/;

export function checkMessages(issues: Issues, messages: readonly MessageInput[], at: string): void {
  if (messages.length === 0) issues.add(at, 'There is none.', 'at least one message');
  issues.list(at, messages, messagesMax);
  // Lists that are far too long are not walked.
  const parts = messages.reduce((sum, message) => sum + (message.parts?.length ?? 0), 0);
  if (parts > partsMax) {
    issues.add(at, `They have ${parts} parts.`, `at most ${partsMax} in all`);
    return;
  }
  for (const [index, message] of messages.slice(0, messagesMax).entries()) {
    checkMessage(issues, message, `${at}.${index}`);
  }
}

function checkMessage(issues: Issues, message: MessageInput, at: string): void {
  const hasContent = typeof message.content === 'string';
  const hasParts = Array.isArray(message.parts);
  const callsTools = message.role === 'ASSISTANT' && (message.toolCalls?.length ?? 0) > 0;
  if (hasContent && hasParts) issues.add(at, 'It has both `content` and `parts`.', 'one of them');
  if (!hasContent && !hasParts && !callsTools) {
    issues.add(`${at}.content`, 'It is missing.', 'a text, or parts');
  }
  if (message.toolCalls?.length && message.role !== 'ASSISTANT') {
    issues.add(`${at}.toolCalls`, 'Only an ASSISTANT message has tool calls.');
  }
  if ((message.role === 'TOOL') !== Boolean(message.toolCallId)) {
    issues.add(`${at}.toolCallId`, 'A TOOL message needs it, and no other may have it.');
  }
  if (message.cacheControl && !['5m', '1h'].includes(message.cacheControl.ttl)) {
    issues.add(`${at}.cacheControl.ttl`, 'It is not a time to live.', '`5m` or `1h`');
  }
  issues.json(`${at}.reasoningDetails`, message.reasoningDetails, jsonDepthMax);
  issues.text(`${at}.name`, message.name, [1, 64]);
  if (hasParts && message.parts?.length === 0) issues.add(`${at}.parts`, 'It is empty.');
  message.parts?.forEach((part, index) => {
    checkPart(issues, part, `${at}.parts.${index}`);
  });
}

function checkPart(issues: Issues, part: ContentPartInput, at: string): void {
  const given = [part.text, part.imageUrl, part.audio, part.file].filter((value) => value != null);
  if (given.length !== 1) {
    issues.add(at, `It has ${given.length} fields.`, 'one of text, imageUrl, audio, file');
  }
  if (part.imageUrl != null && !/^(https:\/\/[^\s]+|data:image\/[^\s]+)$/.test(part.imageUrl)) {
    issues.add(`${at}.imageUrl`, 'It is not the address of an image.', 'https: or data:image/…');
  }
  for (const name of ['audio', 'file'] as const) {
    const media = part[name];
    if (!media) continue;
    if (!mediaType.test(media.mediaType)) {
      issues.add(`${at}.${name}.mediaType`, 'It is not a media type.', 'as `application/pdf`');
    }
    if (!base64.test(media.data)) {
      issues.add(`${at}.${name}.data`, 'It cannot be read.', 'base64');
    }
  }
}
