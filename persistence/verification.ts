import { TradewrightError } from '../contracts/errors.ts';
import { WorkflowId } from '../contracts/ids.ts';
import type { JournalProblem, VerifyReport } from '../contracts/ports/journal.ts';
import { isTerminal, WorkflowSummary } from '../contracts/workflow-view.ts';
import { parsePlace } from './archive.ts';
import type { ArchiveFiles } from './archive-files.ts';
import type { Database } from './database.ts';
import { parseRow } from './event-rows.ts';
import { type KeyRange, keys } from './keys.ts';
import { indexKeys } from './summary-rows.ts';

type Level = Database['level'];

const CHUNK = 500;
const MAX_PROBLEMS = 1_000;

/** What one workflow's rows hold, by prefix. */
interface Found {
  /** The last event of an unbroken row of them. */
  events: number;
  summarySeq: number | undefined;
  archived: number | undefined;
  /** The last event that a commit names. */
  committed: number;
}

/** Goes once through all rows of one snapshot of the database, in the order of their keys; damage becomes a problem, not an error. */
export class Verification {
  readonly #level: Level;
  readonly #snapshot: ReturnType<Level['snapshot']>;
  readonly #files: ArchiveFiles;
  readonly #found = new Map<string, Found>();
  readonly #problems: JournalProblem[] = [];
  /** Workflows of which something is known to be wrong: what follows from that is not told again. */
  readonly #damaged = new Set<string>();
  #more = 0;
  #events = 0;
  #commits = 0;
  #open = 0;
  #expectedIndexRows = 0;

  constructor(level: Level, snapshot: ReturnType<Level['snapshot']>, files: ArchiveFiles) {
    this.#level = level;
    this.#snapshot = snapshot;
    this.#files = files;
  }

  async run(): Promise<VerifyReport> {
    await this.#section('events', () => this.#checkEvents());
    await this.#section('summaries', () => this.#checkSummaries());
    await this.#section('archive', () => this.#checkArchive());
    await this.#section('commits', () => this.#checkCommits());
    this.#compare();
    await this.#section('indexes', () => this.#countIndexRows());
    await this.#section('counters', () => this.#checkCounters());
    const all = [...this.#found.values()];
    return {
      ok: this.#problems.length === 0,
      workflows: all.filter(({ summarySeq }) => summarySeq !== undefined).length,
      open: this.#open,
      archived: all.filter(({ archived }) => archived !== undefined).length,
      events: this.#events,
      commits: this.#commits,
      problems: this.#problems,
      moreProblems: this.#more,
      quarantined: [...new Set(this.#problems.flatMap(({ workflowId }) => workflowId ?? []))],
    };
  }

  /** A range that LevelDB itself cannot read is a problem as well, and the next one is read all the same. */
  async #section(name: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      this.#report({ kind: 'unreadable', says: `${name}: ${messageOf(error)}` });
    }
  }

  async #each(range: KeyRange, see: (key: string, row: string) => void | Promise<void>): Promise<void> {
    const iterator = this.#level.iterator({ ...range, snapshot: this.#snapshot });
    try {
      for (;;) {
        const rows = await iterator.nextv(CHUNK);
        if (rows.length === 0) return;
        for (const [key, row] of rows) await see(key, row);
      }
    } finally {
      await iterator.close();
    }
  }

  #checkEvents(): Promise<void> {
    let current = '';
    let broken = false;
    return this.#each(keys.events, (key, row) => {
      const [, workflowId = '', digits = ''] = key.split('!');
      if (workflowId !== current) [current, broken] = [workflowId, false];
      const found = this.#of(workflowId);
      this.#events += 1;
      if (broken) return;
      const seq = found.events + 1;
      // Of a workflow whose events have a gap, the first place is told; the others follow from it.
      broken = Number(digits) !== seq;
      if (broken)
        return this.#report({ kind: 'event', ...at(workflowId, seq), says: 'the event is missing' });
      try {
        parseRow(workflowId, seq, row);
      } catch (error) {
        this.#report({ kind: 'event', ...at(workflowId, seq), says: messageOf(error) });
      }
      found.events = seq;
    });
  }

  #checkSummaries(): Promise<void> {
    return this.#each(keys.summaries, async (key, row) => {
      const workflowId = keys.workflowIn(key);
      const found = this.#of(workflowId);
      const summary = parseSummary(row);
      if (summary === undefined || summary.workflowId !== workflowId) {
        found.summarySeq = 0;
        return this.#report({ kind: 'summary', ...at(workflowId), says: 'its summary does not parse' });
      }
      found.summarySeq = summary.seq;
      if (!isTerminal(summary.state)) this.#open += 1;
      const expected = indexKeys(summary);
      this.#expectedIndexRows += expected.length;
      const there = await this.#level.hasMany(expected, { snapshot: this.#snapshot });
      if (there.includes(false)) {
        this.#report({ kind: 'index', ...at(workflowId), says: 'it is missing in an index' });
      }
      if (found.events < summary.seq) {
        const missing = { kind: 'event', ...at(workflowId, found.events + 1) } as const;
        if (!this.#knows(workflowId)) this.#report({ ...missing, says: 'the event is missing at the end' });
      } else if (found.events > summary.seq) {
        const says = `the summary is of event ${summary.seq}`;
        this.#report({ kind: 'summary', ...at(workflowId, summary.seq + 1), says });
      }
    });
  }

  #checkArchive(): Promise<void> {
    return this.#each(keys.archivedAll, async (key, row) => {
      const workflowId = keys.workflowIn(key);
      const found = this.#of(workflowId);
      found.archived = 0;
      try {
        const place = parsePlace(workflowId, row);
        found.archived = place.events;
        await this.#files.read(WorkflowId.parse(workflowId), place);
      } catch (error) {
        this.#report({ kind: 'archive', ...at(workflowId), says: messageOf(error) });
      }
      if (found.events > 0 || found.summarySeq !== undefined) {
        this.#report({
          kind: 'archive',
          ...at(workflowId),
          says: 'it is archived and in the journal as well',
        });
      }
    });
  }

  /** The commits of a workflow, one after another, name all of its events. */
  #checkCommits(): Promise<void> {
    let last = 0;
    return this.#each(keys.commits, (key, row) => {
      const commit = keys.commitOf(key);
      this.#commits += 1;
      if (commit !== last + 1)
        this.#report({ kind: 'commit', commit: last + 1, says: 'the commit is missing' });
      last = commit;
      const [workflowId, from, to] = parsePlaceOfCommit(row);
      if (workflowId === undefined) {
        return this.#report({ kind: 'commit', commit, says: 'the commit does not parse' });
      }
      const found = this.#of(workflowId);
      if (from !== found.committed + 1 || to < from) {
        const says = `the commit names events ${from} to ${to}, ${found.committed + 1} would be next`;
        this.#report({ kind: 'commit', commit, ...at(workflowId, found.committed + 1), says });
      }
      found.committed = to;
    });
  }

  async #countIndexRows(): Promise<void> {
    let rows = 0;
    for (const range of [keys.listedAll, keys.openWorkflows, keys.endedAll]) {
      await this.#each(range, () => void (rows += 1));
    }
    // A missing row was reported with its workflow; one too many belongs to nobody.
    if (rows > this.#expectedIndexRows && !this.#problems.some(({ kind }) => kind === 'summary')) {
      this.#report({
        kind: 'index',
        says: `${rows - this.#expectedIndexRows} index rows belong to no workflow`,
      });
    }
  }

  #compare(): void {
    for (const [workflowId, { events, summarySeq, archived, committed }] of this.#found) {
      if (events > 0 && summarySeq === undefined && archived === undefined) {
        this.#report({ kind: 'summary', ...at(workflowId), says: 'its summary is missing' });
      }
      if (this.#knows(workflowId)) continue;
      const last = archived ?? events;
      if (committed > last) {
        this.#report({ kind: 'event', ...at(workflowId, last + 1), says: 'the event is missing at the end' });
      } else if (committed < last) {
        this.#report({ kind: 'commit', ...at(workflowId, committed + 1), says: 'no commit names the event' });
      }
    }
  }

  async #checkCounters(): Promise<void> {
    const row = await this.#level.get(keys.counters, { snapshot: this.#snapshot });
    const archived = [...this.#found.values()].reduce((sum, found) => sum + (found.archived ?? 0), 0);
    const expected = { lastCommit: this.#commits, events: this.#events + archived };
    const stored = JSON.parse(row ?? '{"lastCommit":0,"events":0}') as Partial<typeof expected>;
    if (stored.lastCommit !== expected.lastCommit || stored.events !== expected.events) {
      const says = `the counters are ${row}, there are ${JSON.stringify(expected)}`;
      this.#report({ kind: 'counters', says });
    }
  }

  #of(workflowId: string): Found {
    const known = this.#found.get(workflowId);
    if (known !== undefined) return known;
    const found: Found = { events: 0, summarySeq: undefined, archived: undefined, committed: 0 };
    this.#found.set(workflowId, found);
    return found;
  }

  #knows(workflowId: string): boolean {
    return this.#damaged.has(workflowId);
  }

  #report(problem: JournalProblem): void {
    if (problem.workflowId !== undefined && problem.kind !== 'index') this.#damaged.add(problem.workflowId);
    if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    else this.#more += 1;
  }
}

const at = (workflowId: string, seq?: number): { workflowId: string; seq?: number } =>
  seq === undefined ? { workflowId } : { workflowId, seq };

function parseSummary(row: string): WorkflowSummary | undefined {
  try {
    return WorkflowSummary.parse(JSON.parse(row));
  } catch {
    return undefined;
  }
}

function parsePlaceOfCommit(row: string): readonly [string | undefined, number, number] {
  try {
    const [workflowId, from, to] = JSON.parse(row) as [string, number, number];
    if (typeof workflowId === 'string' && Number.isInteger(from) && Number.isInteger(to))
      return [workflowId, from, to];
  } catch {
    // Reported by the caller, with the commit.
  }
  return [undefined, 0, 0];
}

function messageOf(error: unknown): string {
  if (error instanceof TradewrightError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
