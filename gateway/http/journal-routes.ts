import { BackupMade, JournalRetired, JournalVerified, PostRetire } from '../../contracts/journal-api.ts';
import type { App } from './app.ts';
import type { Questions } from './ask.ts';
import { errorResponses } from './responses.ts';

/** What operators do with the journal while work goes on. */
export function journalRoutes(app: App, ask: Questions): void {
  app.post(
    '/v1/journal/verify',
    {
      schema: {
        summary: 'Check every workflow, commit, index and archive place; changes nothing',
        response: { 200: JournalVerified, ...errorResponses },
      },
    },
    () => ask.verifyJournal(),
  );

  app.post(
    '/v1/journal/backup',
    {
      schema: {
        summary: 'Copy journal and archive as of one moment, into the backup folder on the worker’s machine',
        response: { 200: BackupMade, ...errorResponses },
      },
    },
    () => ask.backUpJournal(),
  );

  app.post(
    '/v1/journal/retire',
    {
      schema: {
        summary: 'Move workflows that ended long ago to the archive',
        body: PostRetire,
        response: { 200: JournalRetired, ...errorResponses },
      },
    },
    (request) => ask.retire(request.body),
  );
}
