import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { candidateQuery, isOpenPromotion, isWorking, mayNow, promotionsQuery } from '@/api/release';
import { Badge, BtnLink, Env, Line, Loading, Meta, NextStrip, ObjectPage, Panel, ProblemNote, StateBadge, When, Who } from '@/components';
import { DossierPanel } from '@/features/evidence/Dossier';
import { Unread } from '@/frame/Lost';
import { Authors, Digests, MadeOf } from './CandidateSide';
import { listedLook } from './looks';
import { passedOf } from './metrics';
import { MetricLegend, MetricTable } from './MetricTable';
import { NotTested } from './NotTested';
import { Promote } from './Promote';
import { nextEnvironment } from './verbs';

/** A candidate: what it is made of, how it was judged, how it came through its gates, and where it may go next. */
export function Candidate() {
  const { id, number } = useParams({ from: '/frame/projects/$id/candidates/$number' });
  const found = useQuery({ ...candidateQuery(id, Number(number)), refetchInterval: (query) => (query.state.data?.promotions.some(isWorking) ? 1500 : 10_000) });
  const promotions = useQuery({ ...promotionsQuery(id, { limit: 50 }), refetchInterval: 10_000 });
  if (!found.data) return found.error ? <Unread problem={found.error} what="candidate" onRetry={() => void found.refetch()} /> : <Loading rows={8} />;
  const view = found.data;
  const to = nextEnvironment(view);
  const open = view.promotions.find((promotion) => isOpenPromotion(promotion) && promotion.state !== 'offered');
  const known = promotions.data?.items ?? [];
  const live = view.promotions.find((promotion) => promotion.state === 'live');
  return (
    <ObjectPage
      icon="package"
      kind={`Candidate of ${id}`}
      name={`Candidate ${view.number}`}
      title={`Candidate ${view.number}`}
      badge={open ? <Badge look={listedLook(open, known)} fact={`into ${open.environment}`} /> : live ? <StateBadge kind="promotion" state="live" word={live.environment === 'prod' ? 'Live in prod' : 'Verified in preprod'} /> : undefined}
      meta={
        <>
          <span>{view.subject}</span>
          <Meta icon="box">
            {view.model} {view.version}
          </Meta>
          <span>
            cut <When at={view.created_at} form="ago" /> by{' '}
            <Link className="link" to="/runs/$id" params={{ id: view.run }}>
              its run
            </Link>{' '}
            of main
          </span>
          {view.authors.slice(0, 3).map((author) => (
            <Who key={author.name} who={author.person ?? author.name} title={author.why} />
          ))}
        </>
      }
      actions={
        open && mayNow(view.next, 'approve') ? (
          <BtnLink look="primary" to="/projects/$id/candidates/$number/into/$environment" params={{ id, number, environment: open.environment }}>
            Review and decide
          </BtnLink>
        ) : (
          to && mayNow(view.next, 'promote') && <Promote project={id} candidate={view.number} environment={to} />
        )
      }
      next={<NextStrip next={view.next} />}
      side={
        <>
          <Panel title="Its way">
            {view.promotions.map((promotion) => {
              const look = listedLook(promotion, known);
              return (
                <Line
                  key={promotion.id}
                  icon={look.icon}
                  tone={look.tone}
                  title={
                    <Link className="link" to="/projects/$id/candidates/$number/into/$environment" params={{ id, number, environment: promotion.environment }}>
                      <Env name={promotion.environment} of="into" />
                    </Link>
                  }
                  under={promotion.kind === 'release' ? null : `as a ${promotion.kind}`}
                  act={<span className="sm">{promotion.environment === 'preprod' && promotion.state === 'live' ? 'Verified' : look.word}</span>}
                />
              );
            })}
            {view.promotions.length === 0 && (
              <div className="pb stack g8">
                <p className="dim">It has not been promoted yet.</p>
                <pre className="code wrapped" tabIndex={0}>{`lockgate release promote ${id} ${view.number} --into preprod`}</pre>
              </div>
            )}
          </Panel>
          <MadeOf candidate={view} />
          <Authors candidate={view} />
          <DossierPanel project={id} candidate={view.number} />
        </>
      }
    >
      {found.error && <ProblemNote problem={found.error} />}
      <Panel title="What was tested" note={passedOf(view.checks)} right={<MetricLegend />} foot="Computed by the platform from the exported model, on rows held out from training. What a project’s own code reports counts for nothing here.">
        <MetricTable checks={view.checks} />
      </Panel>
      <NotTested checks={view.checks} />
      <Digests candidate={view} />
    </ObjectPage>
  );
}
