/** What a deployment says about its pages. */
import { z } from 'zod';
import { listOf } from '../config/kinds.ts';

export const pageSettings = z
  .object({
    /** Filing numbers shown in the footer (ICP, public security), each as one line. */
    filings: listOf(z.string().max(80)).default([]),
  })
  .strict();

export type PageSettings = z.infer<typeof pageSettings>;
