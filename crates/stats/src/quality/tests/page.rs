use super::super::words::meaning;
use super::*;
use crate::page;

#[test]
fn every_metric_of_a_task_stands_on_the_page() {
    for task in [Task::Binary { positive: None }, Task::Multiclass, Task::Regression, Task::Ranking] {
        let heading = format!("### Task `{}`", task.name());
        let ids = wanted::Wanted::possible(&Asked::of(task)).into_iter().map(|(id, _)| id);
        page::check(&[&heading], ids.map(|id| (id, meaning(id))));
    }
}
