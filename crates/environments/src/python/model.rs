use base::{Next, Resource, Securable, Timestamp};
use std::collections::BTreeMap;
use std::path::PathBuf;

base::states! {
    /// Where the build of a Python environment stands. The verbs are the builder's own; nobody calls them.
    BuildState {
        Building "building" => Working "loader-2" "Building" [finish fail],
        Ready "ready" => Good "circle-check" "Ready" [lose],
        Failed "failed" => Bad "circle-x" "Failed" [ask],
    }
}

/// For how long a failure answers those who ask, in seconds; who asks later has it built anew.
pub(super) const FAILURE_HOLDS_SECONDS: i64 = 60;

/// A Python environment as who runs steps needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonEnv {
    /// Names lock, interpreter and platform.
    pub key: String,
    pub state: BuildState,
    /// Where it lies, once it is ready: a virtual environment, never to be written to.
    pub folder: PathBuf,
    /// Why it could not be built.
    pub reason: Option<String>,
}

/// A Python environment: what a lock names, for one interpreter and platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub key: String,
    pub state: BuildState,
    /// As the installer gets it.
    pub lock: String,
    /// The interpreter's version.
    pub interpreter: String,
    pub platform: String,
    pub reason: Option<String>,
    /// Name → version of what was installed.
    pub packages: BTreeMap<String, String>,
    pub size_bytes: u64,
    /// The end of what the installer said.
    pub log: String,
    pub asked_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub revision: i64,
}

impl Securable for Built {
    fn resource(&self) -> Resource {
        let (id, scope) = (self.key.clone(), "deployment".to_owned());
        Resource { kind: "python_environment", id, scope, team: None, asker: None, listed: true }
    }
}

/// What a build made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub packages: BTreeMap<String, String>,
    pub size_bytes: u64,
    pub log: String,
}

impl Built {
    /// Returns whether asking for it at `now` has to begin a build: it failed a while ago, it is gone from this machine's disk, or
    /// its build is open without a job that could end it.
    pub(super) fn must_be_built(&self, on_disk: bool, has_job: bool, now: Timestamp) -> bool {
        match self.state {
            BuildState::Building => !has_job && now >= self.asked_at.plus_seconds(FAILURE_HOLDS_SECONDS),
            BuildState::Ready => !on_disk,
            BuildState::Failed => self.ended_at.is_none_or(|ended| now >= ended.plus_seconds(FAILURE_HOLDS_SECONDS)),
        }
    }

    /// Begins a build, the first one or another.
    pub(super) fn begin(&self, now: Timestamp) -> Self {
        let fresh = Self { state: BuildState::Building, reason: None, ended_at: None, asked_at: now, ..self.clone() };
        Self { packages: BTreeMap::new(), size_bytes: 0, log: String::new(), ..fresh }
    }

    /// Says that it is whole and in its place; `None` where no build is open.
    pub(super) fn finish(&self, made: &Made, now: Timestamp) -> Option<Self> {
        let BuildState::Building = self.state else { return None };
        let Made { packages, size_bytes, log } = made.clone();
        Some(Self { state: BuildState::Ready, packages, size_bytes, log, ended_at: Some(now), ..self.clone() })
    }

    /// Says why it could not be built; `None` where no build is open.
    pub(super) fn fail(&self, reason: &str, log: &str, now: Timestamp) -> Option<Self> {
        let BuildState::Building = self.state else { return None };
        let (reason, log) = (Some(reason.to_owned()), log.to_owned());
        Some(Self { state: BuildState::Failed, reason, log, ended_at: Some(now), ..self.clone() })
    }

    /// Returns what its viewer should know.
    pub(super) fn next(&self) -> Next {
        let (tone, ..) = self.state.look();
        let (text, reason) = match self.state {
            BuildState::Building => ("It is being built.".to_owned(), "Steps with this lock wait for it.".to_owned()),
            BuildState::Ready => (format!("{} packages.", self.packages.len()), String::new()),
            BuildState::Failed => ("It could not be built.".to_owned(), self.reason.clone().unwrap_or_default()),
        };
        Next { tone, text, reason, action: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write;

    fn building() -> Built {
        Built {
            key: "k".into(),
            state: BuildState::Building,
            lock: String::new(),
            interpreter: "3.11.7".into(),
            platform: "linux".into(),
            reason: None,
            packages: BTreeMap::new(),
            size_bytes: 0,
            log: String::new(),
            asked_at: Timestamp(0),
            ended_at: None,
            revision: 0,
        }
    }

    fn made() -> Made {
        Made { packages: [("a".to_owned(), "1".to_owned())].into(), size_bytes: 7, log: "said".into() }
    }

    #[test]
    fn every_verb_from_every_state() {
        let ready = building().finish(&made(), Timestamp(1)).unwrap();
        let failed = building().fail("why", "log", Timestamp(1)).unwrap();
        let mut page = String::new();
        for built in [building(), ready, failed] {
            let word = |after: Option<Built>| after.map_or("-", |after| after.state.as_str());
            let finish = word(built.finish(&made(), Timestamp(2)));
            let fail = word(built.fail("y", "l", Timestamp(2)));
            let soon = Timestamp(1).plus_seconds(FAILURE_HOLDS_SECONDS - 1);
            let late = soon.plus_seconds(1);
            let asked = [(true, true, soon), (false, true, soon), (true, true, late), (true, false, late)];
            let must = |(on_disk, has_job, now)| built.must_be_built(on_disk, has_job, now);
            let asked = asked.map(|asked| if must(asked) { "build" } else { "-" });
            writeln!(page, "{}: finish → {finish}, fail → {fail}, asked → {}", built.state, asked.join(" ")).unwrap();
        }
        expect_test::expect![[r#"
            building: finish → ready, fail → failed, asked → - - - build
            ready: finish → -, fail → -, asked → - build - -
            failed: finish → -, fail → -, asked → - - build build
        "#]]
        .assert_eq(&page);
    }

    proptest! {
        /// In whatever order builders report, what is ready has no reason, and what failed has one.
        #[test]
        fn a_reason_goes_with_failure(verbs in proptest::collection::vec(0..3_u8, 0..20)) {
            let mut built = building();
            for verb in verbs {
                let after = match verb {
                    0 => built.finish(&made(), Timestamp(2)),
                    1 => built.fail("why", "log", Timestamp(2)),
                    _ => Some(built.begin(Timestamp(3))),
                };
                built = after.unwrap_or(built);
                prop_assert_eq!(built.reason.is_some(), built.state == BuildState::Failed);
                prop_assert_eq!(built.ended_at.is_some(), built.state != BuildState::Building);
                prop_assert_eq!(built.size_bytes > 0, built.state == BuildState::Ready);
            }
        }
    }
}
