import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import type { LiveModelView } from '@/api/live';
import { draw } from '@/test/render';
import { CallIt } from './CallIt';
import { CardMetrics } from './CardMetrics';
import { CardSide } from './CardSide';
import { CardUse } from './CardUse';
import { LiveModelTable } from './LiveModelTable';

const model: LiveModelView = {
  endpoint: 'prod.credit', project: 'credit', team: 'risk', title: 'Credit default', owner: 'mo', tier: 1, intended_use: 'Rank applications', prohibited_use: 'Decide without a person',
  model: 'pd', version: 4, candidate: 7, purposes: ['credit-risk'], datasets: ['retail.core.customers'], inputs: [{ name: 'X', datatype: 'FP32' }], outputs: [{ name: 'label', datatype: 'INT64' }],
  metrics: [{ name: 'auc', value: 0.777, low: 0.765, high: 0.789 }], state: 'live', live_since: '2026-11-01T00:00:00Z', granted: false,
  next: { tone: 'good', text: 'Live: `pd` version 4.', reason: 'Ask to use it; a model owner of credit decides.', action: 'create_request' },
};

test('the list says what each is for, its state and whether the viewer may call it', async () => {
  await draw(<LiveModelTable models={[model, { ...model, endpoint: 'prod.churn', title: 'Churn', state: 'suspended', granted: true }]} />);
  expect(screen.getByRole('link', { name: 'Credit default' }).getAttribute('href')).toBe('/models/live/prod.credit');
  expect(screen.getAllByText('Rank applications').length).toBe(2);
  expect(screen.getByText('No access yet')).toBeTruthy();
  expect(screen.getByText('You may call it')).toBeTruthy();
  expect(screen.getByText('Suspended')).toBeTruthy();
});

test('the card says in words what it is for and never for, and each number with its interval', async () => {
  await draw(
    <>
      <CardUse model={model} />
      <CardMetrics metrics={model.metrics} />
      <CardSide model={model} />
    </>,
  );
  expect(screen.getByText('Decide without a person')).toBeTruthy();
  expect(screen.getByText('0.765–0.789')).toBeTruthy();
  expect(screen.getByRole('img', { name: 'AUC 0.777, 95% between 0.765 and 0.789' })).toBeTruthy();
  expect(screen.getByRole('link', { name: 'retail.core.customers' }).getAttribute('href')).toBe('/datasets/retail.core.customers');
});

test('who may not see the endpoint is told how to find its address', async () => {
  await draw(<CallIt model={model} />);
  expect(screen.getByText(/Put the serving address in place of/).textContent).toContain('mo, its owner');
  await userEvent.click(screen.getByText('tritonclient'));
  expect(screen.getByText(/InferenceServerClient\("SERVING_ADDRESS"\)/)).toBeTruthy();
});
