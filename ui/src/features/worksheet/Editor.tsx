import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, drawSelection, EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';
import { styleNonce } from '@/lib/nonce';

/** Where the server found a mistake. Lines and columns count from 1. */
export type Mark = { line: number; column: number; length: number; text: string };
type EditorProps = { value: string; schema: Record<string, string[]>; mark: Mark | null; onChange: (value: string) => void; onRun: () => void };

const look = EditorView.theme({
  '&': { color: 'var(--ink)' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: 'var(--ink)', padding: '8px 0', minHeight: '120px' },
  '.cm-gutters': { background: 'var(--sunken)', color: 'var(--ink-3)', border: 'none', borderRadius: '6px 0 0 6px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { background: 'var(--accent-tint) !important' },
  '.cm-wrong': { background: 'var(--bad-t)', textDecoration: 'underline wavy var(--bad-s)', textUnderlineOffset: '3px' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
});
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--working)' },
  { tag: [tags.string, tags.number], color: 'var(--waiting)' },
  { tag: tags.comment, color: 'var(--ink-3)' },
]);

const setMark = StateEffect.define<Mark | null>();

/** Returns where in the text a mark lies; a server counts on the text it got, so it is kept inside of ours. */
function spanOf(state: EditorState, mark: Mark): { from: number; to: number } {
  const line = state.doc.line(Math.min(Math.max(1, mark.line), state.doc.lines));
  const from = Math.min(line.from + Math.max(0, mark.column - 1), line.to);
  return { from, to: Math.min(from + mark.length, line.to) };
}

// The mark stays until the text changes: then it may point at something else.
const marked = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(shown, change) {
    for (const effect of change.effects) {
      if (!effect.is(setMark) || !effect.value) continue;
      const { from, to } = spanOf(change.state, effect.value);
      return to > from ? Decoration.set([Decoration.mark({ class: 'cm-wrong', attributes: { title: effect.value.text } }).range(from, to)]) : Decoration.none;
    }
    return change.docChanged ? Decoration.none : shown;
  },
  provide: (field) => EditorView.decorations.from(field),
});

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
          lineNumbers(), history(), drawSelection(), marked, EditorView.lineWrapping,
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
    if (!mark) return;
    const { from, to } = spanOf(editor.state, mark);
    editor.dispatch({ effects: setMark.of(mark), selection: { anchor: from, head: to } });
  }, [mark]);
  return <div ref={box} />;
}
