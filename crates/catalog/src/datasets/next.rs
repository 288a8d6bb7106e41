use super::{Dataset, DatasetState};
use base::{Next, Tone};

/// What decides the next step of a viewer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// May say how sensitive columns are.
    pub may_classify: bool,
    pub may_crawl: bool,
    /// How many columns nobody has classified, and how many only a rule has.
    pub unclassified: usize,
    pub proposed: usize,
    /// How many columns the viewer may read in the clear now, and whether they may read any at all.
    pub clear: usize,
    pub readable: bool,
}

fn next(tone: Tone, text: String, reason: String, action: Option<&'static str>) -> Next {
    Next { tone, text, reason, action }
}

impl Dataset {
    /// Returns the situation of this viewer and what they may call now.
    pub(crate) fn next(&self, standing: Standing) -> Next {
        match self.state {
            DatasetState::Retired => {
                let text = "This dataset is retired.".to_owned();
                return next(Tone::Idle, text, "It can no longer be read or asked for.".into(), None);
            }
            DatasetState::Missing => {
                let action = standing.may_crawl.then_some("crawl_lake");
                let text = "The last crawl did not find it.".to_owned();
                return next(Tone::Warn, text, "Reads are refused until a crawl finds it again.".into(), action);
            }
            DatasetState::Active => {}
        }
        if standing.may_classify && standing.unclassified > 0 {
            let text = format!("{} of {} columns are unclassified.", standing.unclassified, self.columns);
            return next(Tone::Waiting, text, "They count as restricted.".into(), Some("classify_column"));
        }
        if standing.may_classify && standing.proposed > 0 {
            let text = format!("{} of {} levels are proposed by rules.", standing.proposed, self.columns);
            return next(Tone::Waiting, text, "Confirm or correct them.".into(), Some("classify_column"));
        }
        if standing.readable {
            let text = format!("You may read it, {} of {} columns in the clear.", standing.clear, self.columns);
            return next(Tone::Good, text, "Reads are filtered, masked and audited.".into(), Some("run_query"));
        }
        if standing.may_classify {
            let text = "You are its steward.".to_owned();
            return next(Tone::Good, text, "Every column is classified.".into(), None);
        }
        let text = "You may ask for access.".to_owned();
        next(Tone::Idle, text, format!("Team `{}` decides.", self.team), Some("create_request"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn each_viewer_is_told_their_next_step() {
        let nobody =
            Standing { may_classify: false, may_crawl: false, unclassified: 2, proposed: 0, clear: 0, readable: false };
        let steward = Standing { may_classify: true, may_crawl: true, ..nobody };
        let viewers = [
            nobody,
            Standing { readable: true, clear: 1, ..nobody },
            steward,
            Standing { unclassified: 0, proposed: 1, ..steward },
            Standing { unclassified: 0, ..steward },
        ];
        let mut lines = String::new();
        for state in DatasetState::ALL {
            for viewer in viewers {
                let next = super::super::tests::dataset(*state).next(viewer);
                lines += &format!("{state}: {} {} {:?}\n", next.text, next.reason, next.action);
                if *state == DatasetState::Retired {
                    break;
                }
            }
        }
        expect![[r#"
            active: You may ask for access. Team `retail` decides. Some("create_request")
            active: You may read it, 1 of 2 columns in the clear. Reads are filtered, masked and audited. Some("run_query")
            active: 2 of 2 columns are unclassified. They count as restricted. Some("classify_column")
            active: 1 of 2 levels are proposed by rules. Confirm or correct them. Some("classify_column")
            active: You are its steward. Every column is classified. None
            missing: The last crawl did not find it. Reads are refused until a crawl finds it again. None
            missing: The last crawl did not find it. Reads are refused until a crawl finds it again. None
            missing: The last crawl did not find it. Reads are refused until a crawl finds it again. Some("crawl_lake")
            missing: The last crawl did not find it. Reads are refused until a crawl finds it again. Some("crawl_lake")
            missing: The last crawl did not find it. Reads are refused until a crawl finds it again. Some("crawl_lake")
            retired: This dataset is retired. It can no longer be read or asked for. None
        "#]]
        .assert_eq(&lines);
    }
}
