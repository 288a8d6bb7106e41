import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { purposeQuery } from '@/api/requests';
import { BtnLink, Facts, Loading, Meta, ObjectPage, Panel, When, Who } from '@/components';
import { Unread } from '@/frame/Lost';
import { plural } from '@/lib/format';

/** One purpose. */
export function Purpose() {
  const { id } = useParams({ from: '/frame/purposes/$id' });
  const { data: purpose, error } = useQuery(purposeQuery(id));
  if (error) return <Unread problem={error} what="purpose" />;
  if (!purpose) return <Loading rows={5} />;
  return (
    <ObjectPage
      icon="target"
      kind="Purpose"
      name={purpose.name}
      title={purpose.name}
      meta={
        <>
          <Who who={purpose.owner} title="Owner" />
          <Meta icon="clock">
            recorded <When at={purpose.created_at} />
          </Meta>
        </>
      }
      actions={
        <BtnLink to="/ask" look="primary" icon="key">
          Ask for access
        </BtnLink>
      }
    >
      <Panel title="On record" padded>
        <Facts
          items={[
            ['What for', purpose.text],
            ['Lawful basis', purpose.lawful_basis],
            ['Controller', purpose.controller],
            ['Assessment', purpose.impact_assessment ?? 'none'],
            ['Allows', purpose.allowed_uses.join(', ')],
            ['Kept', plural(purpose.retention_days, 'day')],
          ]}
        />
      </Panel>
    </ObjectPage>
  );
}
