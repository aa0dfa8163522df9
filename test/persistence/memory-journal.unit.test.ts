import { MemoryJournal } from '../support/memory-journal.ts';
import { journalContract } from './journal-contract.ts';

journalContract('in memory', async () => {
  const journal = new MemoryJournal();
  return { journal, close: () => journal.close() };
});
