/** Starts and stops second nodes. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FreshDatabase } from '../support/stores.ts';
import type { Answer, NodeSettings, Task } from './second-process.ts';

export interface TestNode {
  run(task: Task): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startNode(
  fresh: FreshDatabase,
  settings: Omit<NodeSettings, 'url' | 'folder'>,
): Promise<TestNode> {
  const all: NodeSettings = { url: fresh.url, folder: fresh.folder, ...settings };
  const child: ChildProcess = fork(join(import.meta.dirname, 'second-process.ts'), [JSON.stringify(all)], {
    execArgv: [],
  });
  await once(child, 'message');
  return {
    async run(task) {
      child.send(task);
      const [message] = (await once(child, 'message')) as [Answer];
      return message.answers;
    },
    async stop() {
      const ended = once(child, 'exit');
      child.send('stop');
      await ended;
    },
  };
}

export function count(answers: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}
