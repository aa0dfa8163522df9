import type { EventFeed } from '../../contracts/ports/messaging.ts';
import type { SealedCommit } from '../../contracts/workflow-event.ts';

/** Stores commits at the end of EVENTS, wherever that is. */
export async function storeCommits(
  feed: Pick<EventFeed, 'append' | 'end'>,
  ...commits: readonly SealedCommit[]
): Promise<void> {
  const { streamSeq } = await feed.end();
  await feed.append(commits, streamSeq);
}
