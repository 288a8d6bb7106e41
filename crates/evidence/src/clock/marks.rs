use base::Timestamp;

/// A span of time, never backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Span {
    /// Returns the span; empty where `to` lies before `from`.
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to: to.max(from) }
    }

    /// Returns how long it is, in seconds.
    pub fn seconds(self) -> f64 {
        seconds(self.to.0.saturating_sub(self.from.0))
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of centuries lie within 2^53")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// When people were waited for, and when machines worked.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Something lay with a person for a decision.
    pub people: Vec<Span>,
    /// A run, a deployment or a provisioning was under way.
    pub machines: Vec<Span>,
}

/// A span, split by what was waited for, in seconds; the parts are the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Split {
    pub people_s: f64,
    pub machines_s: f64,
    /// Neither: somebody worked, or nobody did.
    pub working_s: f64,
}

impl Marks {
    /// Splits a span. Where a person and a machine were waited for at once, it is the person.
    pub fn split(&self, span: Span) -> Split {
        let inside = |all: &[Span]| -> Vec<Span> {
            let cut = |one: &Span| Span { from: one.from.max(span.from), to: one.to.min(span.to) };
            all.iter().map(cut).filter(|one| one.from < one.to).collect()
        };
        let (people, machines) = (inside(&self.people), inside(&self.machines));
        let people_us = covered(people.clone());
        let both_us = covered(people.into_iter().chain(machines).collect());
        let whole = span.to.0 - span.from.0;
        Split {
            people_s: seconds(people_us),
            machines_s: seconds(both_us - people_us),
            working_s: seconds(whole - both_us),
        }
    }
}

/// Returns how many microseconds lie in at least one of the spans.
fn covered(mut spans: Vec<Span>) -> i64 {
    spans.sort_by_key(|span| span.from);
    let (mut total, mut reached) = (0, i64::MIN);
    for span in spans {
        let from = span.from.0.max(reached);
        if span.to.0 > from {
            total += span.to.0 - from;
            reached = span.to.0;
        }
    }
    total
}
