//! How a command ended, in plain words.

/// Says what an exit code means; `None` for success.
pub(super) fn of_code(code: i32) -> Option<String> {
    Some(match code {
        0 => return None,
        126 => "the step ended with exit code 126: its program may not be executed".into(),
        127 => "the step ended with exit code 127: a program that it calls was not found".into(),
        129..=192 => {
            format!(
                "the step ended with exit code {code}: a program that it started was ended by {}",
                signal(code - 128).0
            )
        }
        other => format!("the step ended with exit code {other}: the end of its log says why"),
    })
}

/// Says what it means to be ended by a signal.
pub(super) fn of_signal(number: i32) -> String {
    let (name, meaning) = signal(number);
    format!("the step was ended by {name}: {meaning}")
}

fn signal(number: i32) -> (String, &'static str) {
    let (name, meaning) = match number {
        1 => ("SIGHUP", "its terminal went away"),
        2 => ("SIGINT", "somebody interrupted it"),
        3 => ("SIGQUIT", "somebody asked it to quit"),
        4 => ("SIGILL", "it ran an instruction that this processor does not know; a package may be built for another"),
        5 => ("SIGTRAP", "it hit a breakpoint"),
        6 => ("SIGABRT", "it gave up by itself, mostly after a failed check in a native library"),
        7 => ("SIGBUS", "it read a mapped file beyond its end, or the disk is full"),
        8 => ("SIGFPE", "it divided an integer by zero"),
        9 => ("SIGKILL", "killed from outside, mostly because the machine ran out of memory"),
        11 => ("SIGSEGV", "it touched memory that is not its own, mostly a fault in a native library"),
        13 => ("SIGPIPE", "it wrote to a program that had ended"),
        14 => ("SIGALRM", "its own timer ended it"),
        15 => ("SIGTERM", "asked to end"),
        24 => ("SIGXCPU", "it used up its processor time"),
        25 => ("SIGXFSZ", "it wrote a file larger than a step may"),
        31 => ("SIGSYS", "it called the system in a way that a step may not"),
        other => return (format!("signal {other}"), "a signal that we have no words for"),
    };
    (name.into(), meaning)
}

/// Returns whether a line of a log says that memory was refused, as Python, C++, Rust and the system say it.
pub(super) fn tells_of_memory(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("MemoryError")
        || ["std::bad_alloc", "Cannot allocate memory", "memory allocation of ", "_ArrayMemoryError"]
            .iter()
            .any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_has_words() {
        assert_eq!(of_code(0), None);
        assert!(of_code(1).unwrap().contains("the end of its log"));
        assert!(of_code(137).unwrap().contains("ended by SIGKILL"));
        assert!(of_signal(11).contains("SIGSEGV: it touched memory"));
        assert!(of_signal(60).contains("signal 60"));
    }

    #[test]
    fn refused_memory_is_recognised() {
        for line in [
            "MemoryError",
            "numpy._core._exceptions._ArrayMemoryError: Unable to allocate",
            "OSError: [Errno 12] Cannot allocate memory",
        ] {
            assert!(tells_of_memory(line), "{line}");
        }
        assert!(!tells_of_memory("a talk about MemoryError"));
    }
}
