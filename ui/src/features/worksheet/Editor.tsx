import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState, Prec } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { styleNonce } from '@/lib/nonce';

/** Where the server found a mistake. Lines and columns count from 1. */
export type Mark = { line: number; column: number; length?: number | null; text: string };
type EditorProps = { value: string; schema: Record<string, string[]>; mark: Mark | null; onChange: (value: string) => void; onRun: () => void };

const look = EditorView.theme({
  '&': { color: 'var(--ink)' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--ink)', padding: '8px 0', minHeight: '120px' },
  '.cm-gutters': { background: 'var(--sunken)', color: 'var(--ink-3)', border: 'none', borderRadius: '6px 0 0 6px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { background: 'var(--accent-tint) !important' },
  '.cm-tooltip': { background: 'var(--raised)', border: '1px solid var(--line-2)', color: 'var(--ink)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad-s)' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
});
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--working)' },
  { tag: [tags.string, tags.number], color: 'var(--waiting)' },
  { tag: tags.comment, color: 'var(--ink-3)' },
]);

function diagnosticOf(state: EditorState, mark: Mark): Diagnostic {
  const line = state.doc.line(Math.min(Math.max(1, mark.line), state.doc.lines));
  const from = Math.min(line.from + Math.max(0, mark.column - 1), line.to);
  const word = /^[\w.]+/.exec(state.sliceDoc(from, line.to))?.[0].length ?? 1;
  return { from, to: Math.min(from + (mark.length ?? word), line.to), severity: 'error', message: mark.text };
}

/** The SQL editor. `Ctrl Enter` runs; a mistake is marked at its token. */
export function Editor({ value, schema, mark, onChange, onRun }: EditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };
  const schemaKey = JSON.stringify(schema);
  useEffect(() => {
    if (!box.current) return;
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          EditorView.cspNonce.of(styleNonce()),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
          lineNumbers(), history(), drawSelection(), lintGutter(), EditorView.lineWrapping,
          sql({ dialect: PostgreSQL, schema: JSON.parse(schemaKey) as Record<string, string[]>, upperCaseKeywords: true }),
          syntaxHighlighting(colours), look,
          placeholder('SELECT … FROM lake.schema.table'),
          Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => (latest.current.onRun(), true) }, { key: 'Escape', run: (self) => (self.contentDOM.blur(), true) }])),
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => update.docChanged && latest.current.onChange(update.state.doc.toString())),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
    // The editor owns its text once it stands; only another schema makes it anew.
  }, [schemaKey]);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const marks = mark ? [diagnosticOf(editor.state, mark)] : [];
    editor.dispatch(setDiagnostics(editor.state, marks));
    if (marks[0]) editor.dispatch({ selection: { anchor: marks[0].from, head: marks[0].to } });
  }, [mark]);
  return <div ref={box} />;
}
