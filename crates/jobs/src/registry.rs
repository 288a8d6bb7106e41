use crate::model::{Failure, Schedule};
use crate::workers::Work;
use base::Timestamp;
use events::Event;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::pin::Pin;

pub(crate) type Handled = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;
type Handler = Box<dyn Fn(Work) -> Handled + Send + Sync>;

/// Who handles which kind of job, who subscribes to which event, what comes back on a schedule. Filled once, at start.
#[derive(Default)]
pub struct Registry {
    handlers: HashMap<&'static str, Handler>,
    subscribers: HashMap<&'static str, Vec<&'static str>>,
    bounds: HashMap<&'static str, usize>,
    pub(crate) schedules: Vec<Schedule>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("kinds", &self.kinds())
            .field("subscribers", &self.subscribers)
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// Returns an empty registry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs jobs of `kind` with `run(cx, work, input)`, which must be idempotent.
    pub fn handle<C, P, F, R, E>(&mut self, kind: &'static str, cx: C, run: F)
    where
        C: Clone + Send + Sync + 'static,
        P: DeserializeOwned + Send + 'static,
        F: Fn(C, Work, P) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure>,
    {
        let handler = move |work: Work| -> Handled {
            let (cx, run) = (cx.clone(), run.clone());
            Box::pin(async move {
                let input = serde_json::from_str(&work.job().payload)
                    .map_err(|error| Failure::Dead(format!("its input does not fit: {error}")))?;
                run(cx, work, input).await.map_err(Into::into)
            })
        };
        if self.handlers.insert(kind, Box::new(handler)).is_some() {
            tracing::error!(kind, "two handlers for one kind of job: the later one is used");
        }
    }

    /// Runs at most `jobs` of `kind` at once in this process: where users decide how long one takes, the other slots stay free.
    pub fn at_most(&mut self, kind: &'static str, jobs: usize) {
        self.bounds.insert(kind, jobs);
    }

    /// Runs `run(cx, work, event)` once for each event `E` that is published from now on, as jobs of `kind`.
    pub fn subscribe<Ev, C, F, R, E>(&mut self, kind: &'static str, cx: C, run: F)
    where
        Ev: Event + DeserializeOwned + Send + 'static,
        C: Clone + Send + Sync + 'static,
        F: Fn(C, Work, Ev) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure>,
    {
        self.subscribers.entry(Ev::NAME).or_default().push(kind);
        self.handle(kind, cx, run);
    }

    /// Runs `run(cx, work, ())` every `seconds`, never two at once on all servers together.
    pub fn every<C, F, R, E>(&mut self, kind: &'static str, seconds: i64, cx: C, run: F)
    where
        C: Clone + Send + Sync + 'static,
        F: Fn(C, Work, ()) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Failure>,
    {
        let (name, scope, payload) = (kind.to_owned(), "deployment".to_owned(), serde_json::Value::Null);
        let (every_seconds, first_at) = (seconds, Timestamp(0));
        self.schedules.push(Schedule { name: name.clone(), kind: name, scope, payload, every_seconds, first_at });
        self.handle(kind, cx, run);
    }

    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        self.handlers.keys().copied().collect()
    }

    /// Returns how many jobs of `kind` may run at once; `None` for as many as there are slots.
    pub(crate) fn bound(&self, kind: &str) -> Option<usize> {
        self.bounds.get(kind).copied()
    }

    pub(crate) fn subscribers(&self, event: &str) -> &[&'static str] {
        self.subscribers.get(event).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn run(&self, work: Work) -> Handled {
        match self.handlers.get(work.job().kind.as_str()) {
            Some(handler) => handler(work),
            None => Box::pin(async { Err(Failure::Retry("no handler here knows this kind of job".into())) }),
        }
    }
}
