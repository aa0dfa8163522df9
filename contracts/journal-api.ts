import { z } from 'zod';

/** `POST /v1/journal/backup`: a copy of journal and archive as of one moment, made while work goes on. */
export const BackupMade = z.object({
  /** On the worker's machine. Opening it as a data folder restores it. */
  path: z.string(),
  lastCommit: z.number().int(),
  rows: z.number().int(),
  bytes: z.number().int(),
  archiveFiles: z.number().int(),
});
export type BackupMade = z.infer<typeof BackupMade>;

/** `POST /v1/journal/verify`: whether every workflow, commit, index and archive place fits. */
export const JournalVerified = z.object({
  ok: z.boolean(),
  workflows: z.number().int(),
  open: z.number().int(),
  archived: z.number().int(),
  events: z.number().int(),
  commits: z.number().int(),
  problems: z.array(
    z.object({
      kind: z.string(),
      workflowId: z.string().optional(),
      seq: z.number().int().optional(),
      commit: z.number().int().optional(),
      says: z.string(),
    }),
  ),
  moreProblems: z.number().int(),
  quarantined: z.array(z.string()),
});
export type JournalVerified = z.infer<typeof JournalVerified>;

/** `POST /v1/journal/retire` */
export const PostRetire = z.strictObject({
  /** Workflows that ended longer ago than that move to the archive. */
  olderThanDays: z.number().min(0).max(36_500),
});
export type PostRetire = z.infer<typeof PostRetire>;
export const JournalRetired = z.object({
  workflows: z.number().int(),
  events: z.number().int(),
  /** Left where they are, because their rows are damaged. */
  damaged: z.array(z.string()),
});
export type JournalRetired = z.infer<typeof JournalRetired>;
