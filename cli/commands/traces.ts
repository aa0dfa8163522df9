import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TradewrightError } from '../../contracts/errors.ts';
import { TraceId } from '../../contracts/ids.ts';
import { agentRoles, type Trace, TraceQuery, TraceStatus } from '../../contracts/trace.ts';
import { gatewayOf } from '../gateway.ts';
import { progress, say, table } from '../terminal.ts';

function traceId(text: string): TraceId {
  const parsed = TraceId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues[0]?.message ?? 'not the id of a trace');
}

/** `tradewright traces …` */
export function registerTraces(program: Command): void {
  const traces = program
    .command('traces')
    .description('what the model was asked, what it thought and answered, and what that cost');

  searching(traces.command('list').description('calls of the model, the newest first'))
    .option('--cursor <cursor>', 'from the page before')
    .action(async (options: Search, command: Command) => {
      const page = await gatewayOf(command).traces(queryOf(options));
      say(command, page, (print) => {
        const rows = page.items.map((row) => [
          row.traceId,
          new Date(row.startedAt).toISOString(),
          `${row.prompt}${row.attempt > 1 ? ` #${row.attempt}` : ''}`,
          row.cached ? `${row.model} (cached)` : row.model,
          row.verdict,
          `${row.usage.promptTokens}+${row.usage.completionTokens} tokens`,
          `$${row.usage.costUsd.toFixed(5)}`,
        ]);
        for (const line of table(rows)) print(line);
        if (page.items.length === 0) print('none');
        if (page.cursor !== undefined) print(`more: --cursor ${page.cursor}`);
      });
    });

  traces
    .command('show')
    .description('one call with its prompt, reasoning, answer and findings')
    .argument('<id>', 'the trace', traceId)
    .action(async (id: TraceId, _: object, command: Command) => {
      const trace = await gatewayOf(command).trace(id);
      say(command, trace, (print) => show(trace, print));
    });

  searching(traces.command('export').description('whole traces, one JSON object a line'))
    .option('--out <file>', 'a file that is not there yet; stdout unless told')
    .action(async ({ out, ...options }: Search & { out?: string }, command: Command) => {
      const sink = out === undefined ? process.stdout : createWriteStream(out, { flags: 'wx', mode: 0o600 });
      if (sink !== process.stdout) await once(sink, 'open');
      let count = 0;
      for await (const line of gatewayOf(command).exportTraces(queryOf(options))) {
        if (!sink.write(`${line}\n`)) await once(sink, 'drain');
        count += 1;
      }
      progress(`${count} traces`);
      if (sink === process.stdout) return;
      sink.end();
      await finished(sink);
      say(command, { file: out, traces: count }, (print) => print(`${count} traces in ${out ?? ''}`));
    });
}

interface Search {
  readonly text?: string;
  readonly workflow?: string;
  readonly strategy?: string;
  readonly model?: string;
  readonly role?: string;
  readonly status?: string;
  readonly from?: string;
  readonly before?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

const searching = (command: Command): Command =>
  command
    .option('--text <words>', 'words that all occur in prompt, reasoning, answer, findings or error')
    .option('--workflow <id>', 'of this workflow')
    .option('--strategy <id>', 'about this strategy')
    .option('--model <name>', 'of this model')
    .addOption(new Option('--role <role>', 'in this role').choices(agentRoles))
    .addOption(new Option('--status <status>', 'that ended so').choices(TraceStatus.options))
    .option('--from <time>', 'asked then or later (ISO 8601)')
    .option('--before <time>', 'asked earlier than that (ISO 8601)')
    .option('--limit <number>', 'a page has at most so many', '50');

function queryOf({ workflow, strategy, ...search }: Search): TraceQuery {
  const parsed = TraceQuery.safeParse({ ...search, workflowId: workflow, strategyId: strategy });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TradewrightError('INPUT_INVALID', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function show(trace: Trace, print: (line: string) => void): void {
  const { usage, error, review, trial } = trace;
  print(`${trace.traceId}  ${trace.prompt}  ${trace.model} at ${trace.endpoint}  ${trace.author.label}`);
  print(
    `  workflow ${trace.workflowId}, step ${trace.step}, attempt ${trace.attempt}${trace.parentId === null ? '' : `, after ${trace.parentId}`}`,
  );
  print(
    `  ${trace.status}${trace.cached ? ' from the cache' : ''}, asked ${new Date(trace.startedAt).toISOString()}, first token after ${trace.ttftMs ?? '–'} ms, done after ${trace.latencyMs ?? '–'} ms`,
  );
  print(
    `  tokens: ${usage.cacheHitTokens} hit + ${usage.cacheMissTokens} miss in, ${usage.completionTokens} out (${usage.reasoningTokens} of them reasoning); $${usage.costUsd.toFixed(6)}`,
  );
  if (error) print(`  ${error.code}: ${error.message}`);
  if (review) print(`  code risk ${review.codeRisk}, ${review.findings.length} findings`);
  for (const { line, message, score } of review?.findings ?? [])
    print(`    line ${line}, ${score}: ${message}`);
  if (trial)
    print(`  ${trial.ok ? `ran on ${trial.bars} bars` : `${trial.errorKind ?? ''}: ${trial.message}`}`);
  for (const { by, decision, confidence } of trace.steps)
    print(`  ${by}: ${decision}${confidence === null ? '' : ` (confidence ${confidence})`}`);
  for (const { role, content } of trace.messages) print(`\n── ${role} ──\n${content}`);
  if (trace.reasoning !== '') print(`\n── reasoning ──\n${trace.reasoning}`);
  print(`\n── answer ──\n${trace.answer}`);
}
