import { choosePorts } from '@meridian/engines';

const STEP = 100;
const STEPS = 40;

/** Free ports of a service. Runs beside each other begin to look at different ones, so that they do not choose the same. */
export async function servicePorts(preferred: {
  readonly grpc: number;
  readonly http: number;
}): Promise<{ readonly grpcPort: number; readonly httpPort: number }> {
  const own = STEP * (process.pid % STEPS);
  const { grpc = 0, http = 0 } = await choosePorts({
    grpc: { preferred: preferred.grpc + own, hosts: ['127.0.0.1'] },
    http: { preferred: preferred.http + own, hosts: ['127.0.0.1'] },
  });
  return { grpcPort: grpc, httpPort: http };
}
