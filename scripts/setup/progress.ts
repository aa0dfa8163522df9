import pc from 'picocolors';

/** Where set-up tells what it does: stderr, because stdout belongs to the command that follows. */
export interface Progress {
  step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T>;
  say(text: string): void;
}

const longestNote = 100;
const quietMs = 10_000;

/** One line when a step begins, one with its duration when it ends; on a terminal the current note is shown between. */
export function stderrProgress(): Progress {
  const colors = pc.createColors(process.stderr.isTTY && pc.isColorSupported);
  const terminal = process.stderr.isTTY;
  const write = (text: string): void => void process.stderr.write(text);
  return {
    say: (text) => write(`${text}\n`),
    async step(title, work) {
      const started = performance.now();
      const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
      let spokeAt = started;
      write(`${colors.cyan('…')} ${title}\n`);
      const note = (text: string): void => {
        const short = text.trim().slice(0, longestNote);
        if (terminal) write(`\r\u001b[2K  ${colors.dim(`${seconds()}  ${short}`)}`);
        else if (performance.now() - spokeAt > quietMs) {
          spokeAt = performance.now();
          write(`  ${seconds()}  ${short}\n`);
        }
      };
      const end = (mark: string): void =>
        write(`${terminal ? '\r\u001b[2K' : ''}${mark} ${title} (${seconds()})\n`);
      try {
        const value = await work(note);
        end(colors.green('✓'));
        return value;
      } catch (error) {
        end(colors.red('✗'));
        throw error;
      }
    },
  };
}
