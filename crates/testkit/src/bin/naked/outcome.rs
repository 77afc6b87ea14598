//! How one run of one decoder on one file ended, and how a child process says it to its parent.

/// How one run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Pixels: the size of the picture, and a word more where there is one.
    Ok(String),
    /// A refusal in good order.
    Error(String),
    /// A panic, caught.
    Panic(String),
    /// The allocator was refused memory and the process aborted.
    OutOfMemory,
    /// Out of processor time.
    Timeout,
    /// Ended by anything else.
    Died(String),
}

/// A verdict and its cost.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// Processor time in milliseconds.
    pub(crate) ms: f64,
    /// Peak resident memory above the start, in MiB; at least that where the process was ended.
    pub(crate) mib: f64,
    /// The allocation that was refused, in MiB.
    pub(crate) asked_mib: Option<f64>,
}

impl Verdict {
    /// The line that a child prints.
    pub(crate) fn to_line(&self) -> String {
        let (word, text) = match self {
            Verdict::Ok(text) => ("ok", text.as_str()),
            Verdict::Error(text) => ("error", text.as_str()),
            Verdict::Panic(text) => ("panic", text.as_str()),
            Verdict::OutOfMemory => ("memory", ""),
            Verdict::Timeout => ("timeout", ""),
            Verdict::Died(text) => ("died", text.as_str()),
        };
        let text: String = text.chars().filter(|c| !c.is_control() && *c != '|').take(100).collect();
        format!("{word}\t{text}")
    }

    /// The same read back.
    pub(crate) fn from_words(word: &str, text: &str) -> Verdict {
        let text = text.to_owned();
        match word {
            "ok" => Verdict::Ok(text),
            "error" => Verdict::Error(text),
            "panic" => Verdict::Panic(text),
            "memory" => Verdict::OutOfMemory,
            "timeout" => Verdict::Timeout,
            _ => Verdict::Died(text),
        }
    }
}

impl Outcome {
    /// The memory that counts: what was held, or what was asked for when it was refused.
    pub(crate) fn demanded_mib(&self) -> f64 {
        self.mib + self.asked_mib.unwrap_or(0.0)
    }

    /// The same run again: the lesser time, the greater memory.
    pub(crate) fn and_again(self, other: Outcome) -> Outcome {
        Outcome { ms: self.ms.min(other.ms), mib: self.mib.max(other.mib), ..other }
    }
}
