//! Forbidden things that a worker tries on request, so that a machine can be asked whether they are denied there.
//!
//! Each is the real system call. The worker is thrown away afterwards: most attempts end it.

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use rustix::process::Pid;

/// One forbidden thing, in alphabetical order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attempt {
    /// Connect a socket.
    Connect,
    /// Create a file.
    Create,
    /// Replace itself by another program.
    Exec,
    /// Start a process.
    Fork,
    /// Turn memory that it wrote into code.
    MakeExecutable,
    /// Map memory that may be run.
    MapExecutable,
    /// Open a file.
    Open,
    /// Have itself traced.
    Ptrace,
    /// Get its limits back.
    RaiseLimits,
    /// Read the environment: its own, and what `/proc` has of it.
    ReadEnvironment,
    /// Signal its parent.
    Signal,
    /// Start a thread.
    Thread,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It worked.
    Allowed,
    /// The system said no, with this error number; zero where there was nothing to be had.
    Denied {
        /// The error number.
        errno: i32,
    },
    /// The kernel ended the worker for it.
    Killed,
}

impl Attempt {
    /// Every attempt.
    pub const ALL: [Attempt; 12] = [
        Attempt::Connect,
        Attempt::Create,
        Attempt::Exec,
        Attempt::Fork,
        Attempt::MakeExecutable,
        Attempt::MapExecutable,
        Attempt::Open,
        Attempt::Ptrace,
        Attempt::RaiseLimits,
        Attempt::ReadEnvironment,
        Attempt::Signal,
        Attempt::Thread,
    ];

    /// The snake-case name for JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Attempt::Connect => "connect",
            Attempt::Create => "create",
            Attempt::Exec => "exec",
            Attempt::Fork => "fork",
            Attempt::MakeExecutable => "make_executable",
            Attempt::MapExecutable => "map_executable",
            Attempt::Open => "open",
            Attempt::Ptrace => "ptrace",
            Attempt::RaiseLimits => "raise_limits",
            Attempt::ReadEnvironment => "read_environment",
            Attempt::Signal => "signal",
            Attempt::Thread => "thread",
        }
    }

    /// What is tried, for people.
    pub const fn what(self) -> &'static str {
        match self {
            Attempt::Connect => "connect a socket",
            Attempt::Create => "create a file",
            Attempt::Exec => "run another program",
            Attempt::Fork => "start a process",
            Attempt::MakeExecutable => "make memory executable",
            Attempt::MapExecutable => "map executable memory",
            Attempt::Open => "open a file",
            Attempt::Ptrace => "trace a process",
            Attempt::RaiseLimits => "raise its limits",
            Attempt::ReadEnvironment => "read the environment",
            Attempt::Signal => "signal its parent",
            Attempt::Thread => "start a thread",
        }
    }

    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_number(number: u8) -> Option<Attempt> {
        Attempt::ALL.get(usize::from(number)).copied()
    }

    /// Tries it, here and now.
    pub(crate) fn make(self, parent: Pid) -> Outcome {
        let tried = match self {
            Attempt::Connect => {
                let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
                match TcpStream::connect_timeout(&nobody, Duration::from_secs(1)) {
                    // Nobody listens there: the socket was to be had, and the packet went out.
                    Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
                    tried => tried.map(drop),
                }
            }
            Attempt::Create => create(),
            Attempt::Exec => Err(exec()),
            Attempt::Fork => Command::new("/bin/true").spawn().and_then(|mut child| child.wait()).map(drop),
            Attempt::MakeExecutable => make_executable(),
            Attempt::MapExecutable => fic_mmap::map_executable_page(),
            Attempt::Open => File::open("/etc/passwd").map(drop),
            Attempt::Ptrace => nix::sys::ptrace::traceme().map_err(io::Error::from),
            Attempt::RaiseLimits => {
                let more = rustix::process::Rlimit { current: Some(1 << 40), maximum: Some(1 << 40) };
                rustix::process::setrlimit(rustix::process::Resource::As, more).map_err(io::Error::from)
            }
            Attempt::ReadEnvironment => match std::env::vars_os().next() {
                Some(_) => Ok(()),
                None => std::fs::read("/proc/self/environ").and_then(|bytes| match bytes.len() {
                    0 => Err(io::ErrorKind::NotFound.into()),
                    _ => Ok(()),
                }),
            },
            Attempt::Signal => rustix::process::test_kill_process(parent).map_err(io::Error::from),
            Attempt::Thread => std::thread::Builder::new().stack_size(64 << 10).spawn(|| ()).map(drop),
        };
        match tried {
            Ok(()) => Outcome::Allowed,
            Err(e) => Outcome::Denied { errno: e.raw_os_error().unwrap_or(0) },
        }
    }
}

fn create() -> io::Result<()> {
    let path = std::env::temp_dir().join(format!("fastimagecache-attempt-{}", std::process::id()));
    let made = File::create_new(&path).map(drop);
    if made.is_ok() {
        let _ = std::fs::remove_file(&path);
    }
    made
}

/// The system call itself first; should that be denied and not kill, the library's way too.
fn exec() -> io::Error {
    let tried: Result<Infallible, _> = nix::unistd::execve(c"/bin/true", &[c"true"], &[c""]);
    let Err(denied) = tried;
    match Command::new("/bin/true").exec().raw_os_error() {
        Some(_) => denied.into(),
        None => io::ErrorKind::Other.into(),
    }
}

fn make_executable() -> io::Result<()> {
    let mut page = memmap2::MmapMut::map_anon(4096)?;
    if let Some(first) = page.first_mut() {
        *first = 0xc3;
    }
    page.make_exec().map(drop)
}

impl Outcome {
    pub(crate) fn to_bytes(self) -> [u8; 5] {
        let (kind, errno) = match self {
            Outcome::Allowed => (1, 0),
            Outcome::Denied { errno } => (2, errno),
            Outcome::Killed => (3, 0),
        };
        let [a, b, c, d] = errno.to_le_bytes();
        [kind, a, b, c, d]
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Outcome> {
        match *bytes {
            [1, ..] => Some(Outcome::Allowed),
            [2, a, b, c, d] => Some(Outcome::Denied { errno: i32::from_le_bytes([a, b, c, d]) }),
            [3, ..] => Some(Outcome::Killed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_outcomes_go_there_and_back() {
        for attempt in Attempt::ALL {
            assert_eq!(Attempt::from_number(attempt.number()), Some(attempt));
        }
        assert_eq!(Attempt::from_number(200), None);
        for outcome in [Outcome::Allowed, Outcome::Denied { errno: 13 }, Outcome::Killed] {
            assert_eq!(Outcome::from_bytes(&outcome.to_bytes()), Some(outcome));
        }
        assert_eq!(Outcome::from_bytes(&[2, 0]), None);
    }

    #[test]
    fn an_unconfined_process_may_do_what_is_tried() {
        let me = rustix::process::getpid();
        for attempt in [Attempt::Connect, Attempt::Create, Attempt::Open, Attempt::Fork, Attempt::Thread] {
            assert_eq!(attempt.make(me), Outcome::Allowed, "{attempt:?}");
        }
        assert_eq!(Attempt::MakeExecutable.make(me), Outcome::Allowed);
        assert_eq!(Attempt::MapExecutable.make(me), Outcome::Allowed);
        assert_eq!(Attempt::Signal.make(me), Outcome::Allowed);
    }
}
