import { useDocumentTitle } from '@mantine/hooks';
import { BtnLink, Empty, Panel } from '@/components';

/** What stands beside the inbox while no request is open. */
export function InboxStart() {
  useDocumentTitle('Access · Lockgate');
  return (
    <Panel label="No request is open">
      <Empty title="Open a request to see exactly what it would allow." why="To ask for data or a live model yourself, find it first: its page says whom you ask and what you may do already.">
        <BtnLink to="/catalog" icon="database">
          Find data
        </BtnLink>
        <BtnLink to="/models/live" icon="heartbeat">
          Find a live model
        </BtnLink>
        <BtnLink to="/ask" icon="key">
          Ask for access
        </BtnLink>
      </Empty>
    </Panel>
  );
}
