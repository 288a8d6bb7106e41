import { SegmentedControl } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { LiveModelView } from '@/api/live';
import type { EndpointView } from '@/api/serving';
import { Panel, Snippet } from '@/components';
import { addressOf, curlSnippet, givenOf, tritonSnippet, unknownHost } from './snippets';

type CallItProps = { model: Pick<LiveModelView, 'endpoint' | 'inputs' | 'outputs' | 'project' | 'owner' | 'granted'>; endpoint?: Pick<EndpointView, 'inputs' | 'columns' | 'url'> | null | undefined };

/** How to call it, to paste: with the real host where the viewer may see the endpoint, else with the way to find it. */
export function CallIt({ model, endpoint }: CallItProps) {
  const [way, setWay] = useState<'json' | 'triton'>('json');
  const address = addressOf(endpoint?.url);
  const given = givenOf(model, endpoint);
  // More features than are sent one by one stand in one tensor, whose order must be known.
  const isOne = !!endpoint?.columns.length && !given.some(({ name }) => name === endpoint.columns[0]);
  const code = way === 'json' ? curlSnippet(model.endpoint, given, address) : tritonSnippet(model.endpoint, given, model.outputs, address);
  return (
    <Panel title="Call it" padded right={<SegmentedControl aria-label="How to call it" data={[{ value: 'json', label: 'Plain JSON' }, { value: 'triton', label: 'tritonclient' }]} value={way} onChange={(value) => setWay(value === 'triton' ? 'triton' : 'json')} />}>
      <div className="stack g8">
        <Snippet code={code} note={way === 'json' ? 'one row; more rows in one call are fine' : 'pip install "tritonclient[http]"'} />
        {isOne && (
          <p className="hint">
            In this order: <span className="mono">{endpoint?.columns.join(', ')}</span>
          </p>
        )}
        {!endpoint && (
          <p className="hint">
            How many values a row has is answered at the same address, without <span className="mono">/infer</span>.
          </p>
        )}
        {!address && (
          <p className="hint">
            Put the serving address in place of <span className="mono">{unknownHost}</span>: {model.owner.replace(/^person:/, '')}, its owner, can tell you, and whoever may see the project finds it under{' '}
            <Link className="link" to="/projects/$id/production" params={{ id: model.project }}>
              its endpoints
            </Link>
            .
          </p>
        )}
        <p className="hint">
          The token is yours:{' '}
          <Link className="link" to="/tokens">
            make one
          </Link>
          {model.granted ? '.' : '; calls are refused until you may use the model.'}
        </p>
      </div>
    </Panel>
  );
}
