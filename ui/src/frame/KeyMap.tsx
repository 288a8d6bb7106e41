import { Modal } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';

const map: [keys: string[], does: string][] = [
  [['/'], 'find a dataset, or search this list'],
  [['g h', 'g c', 'g l', 'g a', 'g w'], 'go home, to the catalog, the lakes, access, the worksheet'],
  [['g p', 'g r', 'g m'], 'go to the projects, runs, monitors'],
  [['J', 'K'], 'next and previous row'],
  [['Enter'], 'open the row'],
  [['Space'], 'show or hide the preview'],
  [['A', 'R'], 'in a review: approve, refuse'],
  [['[', ']'], 'previous and next tab'],
  [['?'], 'this map'],
  [['Esc'], 'close what lies on top'],
];

/** The keys of the product; single letters can be switched off in the person menu. */
export function KeyMap({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys and help" size={520} closeButtonProps={{ 'aria-label': 'Close' }}>
      <dl className="keys">
        {map.map(([keys, does]) => (
          <Fragment key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key} style={{ marginRight: 4 }}>
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </Fragment>
        ))}
      </dl>
      <p className="dim" style={{ marginTop: 14 }}>
        Everything here can be done over the{' '}
        <Link to="/docs" className="link" onClick={onClose}>
          API
        </Link>{' '}
        and with the command line.
      </p>
    </Modal>
  );
}
