import type { ContentPartInput } from '#completions';

/** A file as data (`data:application/pdf;base64,…`, or the bare base64 of a PDF). */
export function filePart(
  data: string,
  filename: string | null | undefined,
): Pick<ContentPartInput, 'file'> {
  const [, mediaType, base64] = /^data:([^;,]+);base64,(.*)$/s.exec(data) ?? [];
  return {
    file: {
      data: base64 ?? data,
      mediaType: mediaType ?? 'application/pdf',
      filename: filename ?? null,
    },
  };
}
