import type { Endpoint } from '@/shared/api/registry';
import { formatBytes } from '@/shared/format';
import { Bars } from '@/shared/ui/Bars';
import classes from './Endpoints.module.css';
import { ServingTag } from './states';

export function Endpoints({ endpoints }: { endpoints: readonly Endpoint[] }) {
  if (endpoints.length === 0) return <p className={classes.none}>No instance has this model loaded.</p>;
  return (
    <div className={classes.endpoints}>
      {endpoints.map((endpoint) => (
        <div key={endpoint.id}>
          <div className={classes.head}>
            <code>{endpoint.url}</code>
            <ServingTag endpoints={[endpoint]} />
          </div>
          <p className={classes.load}>
            {endpoint.running} running · {endpoint.waiting} waiting · up to {endpoint.capacity.toLocaleString('en')} in
            all
          </p>
          <Bars
            label={`Memory of ${endpoint.url}`}
            bars={[
              bytes('Weights', endpoint.memory.weightsBytes),
              bytes('KV reserved', endpoint.memory.kvReservedBytes),
              bytes('KV peak used', endpoint.memory.kvPeakBytes),
              bytes('Whole process', endpoint.memory.rssBytes),
            ]}
          />
        </div>
      ))}
    </div>
  );
}

function bytes(name: string, value: number) {
  return { name, value, text: value === 0 ? 'unknown' : formatBytes(value) };
}
