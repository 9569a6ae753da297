/** A node in a process of its own, over the same stores; says where it listens. */
import { openDatabase } from '../../src/platform/postgres.ts';
import { openRedis } from '../../src/platform/redis.ts';
import { startNode } from './server.ts';

const { url, folder, redis, issuer, settings } = JSON.parse(process.env.NODE!);
const database = await openDatabase({ url, folder, poolSize: 8 });
const node = await startNode({ database, redis: await openRedis(redis), issuer, settings, worker: false });
process.send!(node.address);
