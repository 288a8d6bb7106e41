import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { modelQuery, spaceName, versionQuery, type VersionView } from '@/api/tracking';
import { Digest, Empty, Facts, Line, Loading, Meta, NextStrip, ObjectPage, Panel, Snippet, StateBadge, When, Who } from '@/components';
import { Unread } from '@/frame/Lost';
import { bytes, count, spoken } from '@/lib/format';
import { Serves } from './Serves';

function VersionLine({ version }: { version: VersionView }) {
  return (
    <Line
      lead={<Who who={version.created_by} bare />}
      title={
        <span className="row">
          <Link className="link" to="/models/$id/$version" params={{ id: version.model, version: String(version.version) }}>
            Version {version.version}
          </Link>
          <StateBadge kind="modelVersion" state={version.state} form="plain" />
          {version.aliases.map((alias) => (
            <span key={alias} className="tag">
              {alias}
            </span>
          ))}
        </span>
      }
      under={version.description || `${count(version.files)} files, ${bytes(version.size_bytes)}`}
      when={<When at={version.created_at} form="ago" />}
    />
  );
}

/** A registered model: its versions, and the pointers at them. */
export function Model() {
  const { id } = useParams({ from: '/frame/models/$id' });
  const model = useQuery(modelQuery(id));
  if (model.error) return <Unread problem={model.error} what="model" onRetry={() => void model.refetch()} />;
  if (!model.data) return <Loading rows={5} />;
  const view = model.data;
  return (
    <ObjectPage
      icon="box"
      kind="Model"
      name={view.name}
      title={view.name}
      meta={
        <>
          <span>{spaceName(view.space)}</span>
          <Who who={view.created_by} />
          <Meta icon="clock">
            <When at={view.changed_at} form="ago" />
          </Meta>
        </>
      }
      next={<NextStrip next={view.next} />}
    >
      {view.description && <p className="dim">{view.description}</p>}
      <Panel title="Versions" note="newest first; their content never changes">
        {!view.versions?.length && <Empty small title="It has no version yet." />}
        {view.versions?.map((version) => (
          <VersionLine key={version.version} version={version} />
        ))}
      </Panel>
      <Panel title="Load it" padded>
        <Snippet code={`mlflow.pyfunc.load_model("models:/${view.name}/${view.newest_version ?? 1}")`} />
      </Panel>
    </ObjectPage>
  );
}

/** A version of a model: where it is from, what it was told, what points at it. */
export function Version() {
  const { id, version } = useParams({ from: '/frame/models/$id/$version' });
  const found = useQuery(versionQuery(id, Number(version)));
  if (found.error) return <Unread problem={found.error} what="version" onRetry={() => void found.refetch()} />;
  if (!found.data) return <Loading rows={5} />;
  const view = found.data;
  const tags = Object.entries(view.tags);
  const trained = /^release:\/(r-[0-9a-f]+)$/.exec(view.source)?.[1];
  return (
    <ObjectPage
      icon="tag"
      kind="Model version"
      name={`${view.name} ${view.version}`}
      title={`${view.name} ${view.version}`}
      badge={<StateBadge kind="modelVersion" state={view.state} />}
      meta={
        <>
          <Link className="link" to="/models/$id" params={{ id: view.model }}>
            {view.name}
          </Link>
          <span>{spaceName(view.space)}</span>
          <Who who={view.created_by} />
          <When at={view.created_at} form="ago" />
        </>
      }
      next={<NextStrip next={view.next} />}
      side={
        <Panel title="Facts" padded>
          <Facts
            items={[
              ['Aliases', view.aliases.join(', ') || 'none'],
              ['Stage', view.stage === 'None' ? 'none' : view.stage],
              ['Files', `${count(view.files)}, ${bytes(view.size_bytes)}`],
              ['Digest', <Digest key="d" value={view.digest} />],
              ['Source', <span key="s" className="mono" title={view.source}>{spoken(view.source)}</span>],
            ]}
          />
        </Panel>
      }
    >
      {view.description && <p className="dim">{view.description}</p>}
      {trained && <Serves version={view} run={trained} />}
      <Panel title="Made by" padded>
        {view.run ? (
          <Link className="link" to="/experiment-runs/$id" params={{ id: view.run }}>
            A run of an experiment
          </Link>
        ) : trained ? (
          <Link className="link" to="/runs/$id" params={{ id: trained }}>
            The run of main that trained it as preprod
          </Link>
        ) : (
          <span className="dim">No run is on record for it.</span>
        )}
        {view.attempt && <p className="sm faint">Registered by a step of a pipeline, {view.attempt}.</p>}
      </Panel>
      {Object.keys(view.params).length > 0 && (
        <Panel title="Parameters" padded>
          <Facts items={Object.entries(view.params)} />
        </Panel>
      )}
      {tags.length > 0 && (
        <Panel title="Tags" padded>
          <Facts items={tags} />
        </Panel>
      )}
    </ObjectPage>
  );
}
