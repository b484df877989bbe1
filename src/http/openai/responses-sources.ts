import { z } from 'zod';
import type { ResponsesSource } from '#schema';

/** A source as chat completions have it, which is how it is kept. */
const cited = z.object({
  type: z.literal('url_citation'),
  url_citation: z.object({
    url: z.string(),
    title: z.string().default(''),
    start_index: z.int().default(0),
    end_index: z.int().default(0),
  }),
});

/** The sources of an answer; what is none, or none of the web, this form has no words for. */
export function sourcesOf(annotations: unknown): ResponsesSource[] {
  if (!Array.isArray(annotations)) return [];
  return annotations.flatMap((annotation) => {
    const { data } = cited.safeParse(annotation);
    return data ? [{ type: data.type, ...data.url_citation }] : [];
  });
}
