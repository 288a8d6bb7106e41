import type { LiveModelView } from '@/api/live';
import { Line, Panel } from '@/components';

/** What a model is for, and what it must not be used for, in the words of its project. */
export function CardUse({ model, title = 'What it is for' }: { model: Pick<LiveModelView, 'intended_use' | 'prohibited_use'>; title?: string }) {
  return (
    <Panel title={title} note="in the words of its project">
      <Line icon="thumb-up" tone="good" title={<b className="m">Use it for</b>} under={<Words text={model.intended_use} none="Its project has not said what it is for." />} />
      <Line icon="ban" tone="bad" title={<b className="m">Never use it for</b>} under={<Words text={model.prohibited_use} none="Its project has not said what it must not be used for." />} />
    </Panel>
  );
}

function Words({ text, none }: { text: string; none: string }) {
  return text.trim() ? <span style={{ color: 'var(--ink)', font: '400 13px/20px var(--font)', whiteSpace: 'pre-line' }}>{text}</span> : <span>{none}</span>;
}
