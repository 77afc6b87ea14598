//! How a worker process may fail its caller: one word each, for errors, logs and counters.

use std::fmt;

/// Why a confined worker gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Incident {
    /// It died of a signal that it brought upon itself: an abort, a fault, a full stack.
    Crashed {
        /// The signal's number.
        signal: u8,
    },
    /// It was killed because the time was up.
    Deadline,
    /// It ended without an answer.
    Exited {
        /// Its exit code.
        code: u8,
    },
    /// It called what a worker may not call, and the kernel killed it.
    Forbidden,
    /// Something outside ended it: an operator, or the kernel where the machine ran out of memory.
    Killed,
    /// It asked for more memory than it was given.
    Memory,
    /// It wrote more than an answer may hold.
    Output,
    /// The same bytes ended a worker a short while ago; no worker was asked again.
    Poisoned,
    /// Its answer was not one.
    Protocol,
    /// There is no worker: none can be started here, or all were busy for too long.
    Unavailable,
    /// Less confines a worker here than is required, so none was used.
    Unconfined,
}

impl Incident {
    /// The lower-case word for logs, metrics and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Incident::Crashed { .. } => "crashed",
            Incident::Deadline => "deadline",
            Incident::Exited { .. } => "exited",
            Incident::Forbidden => "forbidden",
            Incident::Killed => "killed",
            Incident::Memory => "memory",
            Incident::Output => "output",
            Incident::Poisoned => "poisoned",
            Incident::Protocol => "protocol",
            Incident::Unavailable => "unavailable",
            Incident::Unconfined => "unconfined",
        }
    }

    /// The phrase that an error says it with.
    pub const fn what(self) -> &'static str {
        match self {
            Incident::Crashed { .. } => "the worker crashed",
            Incident::Deadline => "the worker was killed when the time was up",
            Incident::Exited { .. } => "the worker ended without an answer",
            Incident::Forbidden => "the worker was killed for a forbidden system call",
            Incident::Killed => "the worker was killed from outside",
            Incident::Memory => "the worker ran out of the memory it was given",
            Incident::Output => "the worker wrote more than an answer may hold",
            Incident::Poisoned => "the same bytes ended a worker a short while ago",
            Incident::Protocol => "the worker's answer was not one",
            Incident::Unavailable => "no worker can be had here",
            Incident::Unconfined => "less confines a worker here than is required",
        }
    }

    /// The stable id of the event that tells of it.
    pub const fn event_id(self) -> &'static str {
        match self {
            Incident::Crashed { .. } | Incident::Exited { .. } | Incident::Killed => {
                "incident.worker.crashed"
            }
            Incident::Deadline => "incident.worker.deadline",
            Incident::Forbidden => "incident.worker.forbidden",
            Incident::Memory => "incident.worker.memory",
            Incident::Output | Incident::Protocol => "incident.worker.protocol",
            Incident::Poisoned => "incident.worker.poison",
            Incident::Unavailable => "incident.worker.start",
            Incident::Unconfined => "incident.worker.posture",
        }
    }

    /// The HTTP status that a service answers with: whether it is worth trying again.
    pub const fn http_status(self) -> u16 {
        match self {
            Incident::Deadline | Incident::Killed | Incident::Unavailable | Incident::Unconfined => 503,
            _ => 422,
        }
    }

    /// Whether the input that the worker had is to blame, as far as can be told.
    pub const fn is_of_the_input(self) -> bool {
        !matches!(self, Incident::Killed | Incident::Poisoned | Incident::Unavailable | Incident::Unconfined)
    }

    /// The signal or the exit code, where there is one.
    pub const fn number(self) -> Option<u8> {
        match self {
            Incident::Crashed { signal } => Some(signal),
            Incident::Exited { code } => Some(code),
            _ => None,
        }
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what())?;
        match self {
            Incident::Crashed { signal } => write!(f, " (signal {signal})"),
            Incident::Exited { code } => write!(f, " (exit code {code})"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_says_what_ended_the_worker() {
        assert_eq!(Incident::Crashed { signal: 6 }.to_string(), "the worker crashed (signal 6)");
        assert_eq!(Incident::Memory.to_string(), Incident::Memory.what());
        assert!(Incident::Deadline.is_of_the_input() && !Incident::Killed.is_of_the_input());
    }
}
