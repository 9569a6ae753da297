// Exits 0 when the store named by the first argument answers at its TEST_…_URL.

import { Redis } from 'ioredis';
import pg from 'pg';

if (process.argv[2] === 'postgres') {
  const client = new pg.Client({
    connectionString: process.env.TEST_DATABASE_URL,
    connectionTimeoutMillis: 3000,
  });
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
} else {
  const redis = new Redis(process.env.TEST_REDIS_URL, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => {});
  await redis.connect();
  await redis.ping();
  redis.disconnect();
}
