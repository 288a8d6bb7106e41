use anyhow::{Context, Result};
use std::fmt::Write as _;

const HEAD: &str = "\
// Written by `make gen` from the Rust enums (`states!`): do not edit.

export type Tone = 'idle' | 'working' | 'waiting' | 'good' | 'warn' | 'bad';

/** How a state looks. `icon` is a Tabler name: `circle-check` is `IconCircleCheck`. */
export type StateLook = { tone: Tone; icon: string; word: string; verbs: readonly string[] };

export const states = {
";

/// Returns `states.ts`: per kind and state its tone, icon, word and the verbs that fit.
pub fn render(kinds: &serde_json::Value) -> Result<String> {
    let mut text = HEAD.to_owned();
    for (kind, states) in kinds.as_object().context("kinds of state")? {
        writeln!(text, "  {kind}: {{")?;
        for (state, look) in states.as_object().with_context(|| format!("states of {kind}"))? {
            let word =
                |key: &str| look[key].as_str().map(quoted).with_context(|| format!("{kind}.{state} has no {key}"));
            let verbs: Vec<String> =
                look["verbs"].as_array().into_iter().flatten().filter_map(|verb| verb.as_str().map(quoted)).collect();
            let (tone, icon, label) = (word("tone")?, word("icon")?, word("word")?);
            writeln!(
                text,
                "    {state}: {{ tone: {tone}, icon: {icon}, word: {label}, verbs: [{}] }},",
                verbs.join(", ")
            )?;
        }
        writeln!(text, "  }},")?;
    }
    text += "} as const satisfies Record<string, Record<string, StateLook>>;\n\nexport type StateKind = keyof typeof states;\n";
    Ok(text)
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_look() {
        let kinds = serde_json::json!({"grant": {"active": {"tone": "good", "icon": "key", "word": "It's on", "verbs": ["revoke"]}}});
        let text = render(&kinds).unwrap();
        assert!(
            text.contains(
                "  grant: {\n    active: { tone: 'good', icon: 'key', word: 'It\\'s on', verbs: ['revoke'] },\n  },\n"
            ),
            "{text}"
        );
        assert!(render(&serde_json::json!({"grant": {"active": {"tone": "good"}}})).is_err());
    }
}
