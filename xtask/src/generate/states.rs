use anyhow::{Context, Result};
use std::fmt::Write as _;

const HEAD: &str = "\
// Written by `make gen` from the Rust enums (`states!`): do not edit.

export type Tone = 'idle' | 'working' | 'waiting' | 'good' | 'warn' | 'bad';

/** How a state looks. `icon` is a Tabler name: `circle-check` is `IconCircleCheck`. */
export type StateLook = { tone: Tone; icon: string; word: string };

export const states = {
";

/// Returns `states.ts`: per kind and state its tone, icon and word. The UI works no verbs out: the server's `next` says what may be done.
pub fn render(kinds: &serde_json::Value) -> Result<String> {
    let mut text = HEAD.to_owned();
    for (kind, states) in kinds.as_object().context("kinds of state")? {
        writeln!(text, "  {}: {{", camel(kind))?;
        for (state, look) in states.as_object().with_context(|| format!("states of {kind}"))? {
            let word =
                |key: &str| look[key].as_str().map(quoted).with_context(|| format!("{kind}.{state} has no {key}"));
            let (tone, icon, label) = (word("tone")?, word("icon")?, word("word")?);
            writeln!(text, "    {state}: {{ tone: {tone}, icon: {icon}, word: {label} }},")?;
        }
        writeln!(text, "  }},")?;
    }
    text += "} satisfies Record<string, Record<string, StateLook>>;\n";
    Ok(text)
}

/// `request_state` is `request` in TypeScript, `level_source` is `levelSource`.
fn camel(kind: &str) -> String {
    let mut words = kind.trim_end_matches("_state").split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_uppercase() + rest
    })
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_look() {
        let look = serde_json::json!({"tone": "good", "icon": "key", "word": "It's on", "verbs": ["revoke"]});
        let text = render(&serde_json::json!({"access_request_state": {"active": look}})).unwrap();
        let expected = "  accessRequest: {\n    active: { tone: 'good', icon: 'key', word: 'It\\'s on' },\n  },\n";
        assert!(text.contains(expected), "{text}");
        assert!(render(&serde_json::json!({"grant": {"active": {"tone": "good"}}})).is_err());
    }
}
