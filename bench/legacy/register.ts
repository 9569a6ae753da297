/** The population register of the measurement: the stand-in as a process of its own, which takes some milliseconds to answer. */
import { startStandInRegister } from '../../src/registries/stand-in.ts';
import { REGISTER_SIZE } from './people.ts';

const { seed, milliseconds, secret } = JSON.parse(process.argv[2]!) as {
  seed: string;
  milliseconds: number;
  secret: string;
};
const register = await startStandInRegister({ port: 0, seed, size: REGISTER_SIZE, secret });
register.turn({ slow: milliseconds });
process.on('message', () => process.send!({ asked: register.asked }));
process.on('disconnect', () => process.exit(0));
process.send!({ url: register.url });
