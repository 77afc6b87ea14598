//! One worker process as its parent sees it: started, asked, killed, and never left behind.
//!
//! Whatever a worker sends is taken for hostile: a packet of the right length with numbers in their ranges, and an
//! output that is sealed, as long as it says and no longer than it may be. Anything else is an incident.

use std::fmt;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fic_core::Incident;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};

use crate::channel::{PACKET, pair, receive, retried, send};
use crate::keeper::Keeper;
use crate::memfd::{Reused, SealedFile, create};
use crate::pool::Input;
use crate::posture::Posture;
use crate::worker::ARGUMENT;

/// Magic, version, parent, bounds.
pub(crate) const HELLO_BYTES: usize = 40;
/// What stands before a request: the task, and the input's length.
pub(crate) const JOB_BYTES: usize = 16;
/// What stands before an answer's head.
pub(crate) const ANSWER_BYTES: usize = 16;

const HELLO: &[u8; 8] = b"ficwork1";

/// How long a worker may take to start and confine itself.
const STARTING: Duration = Duration::from_secs(10);

/// How often a caller's wish to stop is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Bytes of a worker's last words that are kept.
const LAST_WORDS: u64 = 512;

/// What a worker may take, in its whole life but for the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of address space beyond what the program takes when it starts: the input's map is among them.
    pub memory_bytes: u64,
    /// Bytes of the output of a job.
    pub output_bytes: u64,
    /// Seconds of processor time, all jobs together: what ends a worker whose parent stands still. The deadline of a
    /// job is the parent's affair.
    pub cpu_seconds: u64,
}

impl Bounds {
    fn to_hello(self, parent: u32) -> [u8; HELLO_BYTES] {
        let mut hello = [0; HELLO_BYTES];
        let words = [u64::from(parent), self.memory_bytes, self.output_bytes, self.cpu_seconds];
        let bytes = HELLO.iter().copied().chain(words.iter().flat_map(|word| word.to_le_bytes()));
        hello.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        hello
    }

    pub(crate) fn from_hello(hello: &[u8; HELLO_BYTES]) -> Option<(Bounds, i32)> {
        let (magic, words) = hello.split_first_chunk()?;
        let [parent, memory_bytes, output_bytes, cpu_seconds]: [u64; 4] = words_of(words)?;
        let parent = i32::try_from(parent).ok()?;
        (magic == HELLO).then_some((Bounds { memory_bytes, output_bytes, cpu_seconds }, parent))
    }
}

/// So many little-endian numbers, and not a byte more.
fn words_of<const N: usize>(bytes: &[u8]) -> Option<[u64; N]> {
    let (words, rest) = bytes.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    words.try_into().ok().filter(|_| rest.is_empty())
}

/// What a worker is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Try something forbidden.
    Attempt(u8),
    /// What the program's own function does.
    Work,
}

impl Task {
    /// The start of a packet about an input of that length.
    fn about(self, input: u64) -> [u8; JOB_BYTES] {
        let task = match self {
            Task::Attempt(number) => u64::from_le_bytes([1, number, 0, 0, 0, 0, 0, 0]),
            Task::Work => 2,
        };
        let mut start = [0; JOB_BYTES];
        let bytes = task.to_le_bytes().into_iter().chain(input.to_le_bytes());
        start.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        start
    }

    /// The task, the input's length and the request.
    pub(crate) fn parse(packet: &[u8]) -> Option<(Task, u64, &[u8])> {
        let (start, request) = packet.split_first_chunk::<JOB_BYTES>()?;
        let [task, input]: [u64; 2] = words_of(start)?;
        match task.to_le_bytes() {
            [1, number, ..] => Some((Task::Attempt(number), input, request)),
            [2, ..] => Some((Task::Work, input, request)),
            _ => None,
        }
    }
}

/// What a worker made of a job.
#[derive(Debug)]
pub struct Done {
    /// A few bytes about the output, as untrusted as it.
    pub head: Vec<u8>,
    /// The output, sealed: nobody can change it while it is looked at.
    pub output: SealedFile,
}

/// A worker that is running. Dropping it ends it.
pub(crate) struct Worker {
    socket: OwnedFd,
    process: Process,
    input: Reused,
    output_bytes: u64,
    posture: Posture,
    jobs: u32,
    is_last: bool,
    room: Box<[u8; PACKET]>,
}

/// A child, its handle and what it wrote before it ended. Dropping it kills and reaps.
struct Process {
    handle: OwnedFd,
    last_words: OwnedFd,
    is_reaped: bool,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("posture", &self.posture).field("jobs", &self.jobs).finish()
    }
}

impl Worker {
    /// Starts `program` as a worker, and waits until it is confined.
    pub(crate) fn start(keeper: &Keeper, program: &Path, bounds: &Bounds) -> io::Result<Worker> {
        let (socket, theirs) = pair()?;
        let last_words = last_words()?;
        let mut command = Command::new(program);
        command
            .arg(ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::from(last_words.try_clone()?))
            .stderr(Stdio::from(last_words.try_clone()?));
        let child = keeper.spawn(command)?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
        // Nobody has waited for the child yet, so its number is still its own.
        let handle = pidfd_open(pid, PidfdFlags::empty());
        if handle.is_err() {
            let mut child = child;
            let _ = child.kill();
            let _ = child.wait();
        }
        let process = Process { handle: handle?, last_words, is_reaped: false };
        let mut worker = Worker {
            socket,
            process,
            input: Reused::default(),
            output_bytes: bounds.output_bytes,
            posture: Posture::none(),
            jobs: 0,
            is_last: false,
            room: Box::new([0; PACKET]),
        };
        send(&worker.socket, &[IoSlice::new(&bounds.to_hello(std::process::id()))], &[])?;
        match worker.wait(Instant::now().checked_add(STARTING), None) {
            Heard::Something => {}
            Heard::Nothing(_) => return Err(io::ErrorKind::TimedOut.into()),
        }
        let words = receive(&worker.socket, worker.room.as_mut_slice())?;
        let posture = words.and_then(words_of).and_then(Posture::from_words);
        worker.posture = posture.ok_or_else(|| io::Error::other("the program did not become a worker"))?;
        Ok(worker)
    }

    pub(crate) fn posture(&self) -> &Posture {
        &self.posture
    }

    /// Jobs that it has done.
    pub(crate) fn jobs(&self) -> u32 {
        self.jobs
    }

    /// Whether it asked to be the last time.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last
    }

    /// Gives it a job. After any error but `Stale` and `Cancelled` it is to be dropped, and after those too.
    pub(crate) fn ask(
        &mut self,
        task: Task,
        request: &[u8],
        input: Input<'_>,
        deadline: Option<Instant>,
        is_cancelled: Option<&dyn Fn() -> bool>,
    ) -> Result<Done, Failed> {
        let output = create(c"fastimagecache-output").map_err(|_| Failed::Here)?;
        let start = task.about(input.len());
        let parts = [IoSlice::new(&start), IoSlice::new(request)];
        let file = match input {
            Input::Bytes(bytes) => self.input.holding(bytes).map_err(|err| Failed::to_fill(&err))?,
            Input::Sealed(file) => file.as_fd(),
        };
        if send(&self.socket, &parts, &[file, output.as_fd()]).is_err() {
            return Err(Failed::Stale);
        }
        self.jobs = self.jobs.saturating_add(1);
        let heard = self.wait(deadline, is_cancelled);
        if let Input::Bytes(bytes) = input {
            self.input.done_with(bytes.len());
        }
        match heard {
            Heard::Something => {}
            Heard::Nothing(Why::Deadline) => return Err(Failed::Incident(Incident::Deadline)),
            Heard::Nothing(Why::Cancelled) => return Err(Failed::Cancelled),
        }
        match self.answer(output) {
            Ok(Some(done)) => Ok(done),
            // Its end of the channel is closed: it has ended, or is about to.
            Ok(None) => Err(Failed::Incident(self.process.cause_of_death())),
            Err(_) => Err(Failed::Incident(Incident::Protocol)),
        }
    }

    /// Reads the answer and holds the output to it.
    fn answer(&mut self, output: OwnedFd) -> io::Result<Option<Done>> {
        let packet = match receive(&self.socket, self.room.as_mut_slice()) {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(None),
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(e) => return Err(e),
        };
        let invalid = io::Error::from(io::ErrorKind::InvalidData);
        let Some((start, head)) = packet.split_first_chunk::<ANSWER_BYTES>() else { return Err(invalid) };
        let Some([flags, length]) = words_of(start) else { return Err(invalid) };
        let output = SealedFile::checked(output)?;
        if flags > 1 || length != output.len() || length > self.output_bytes {
            return Err(invalid);
        }
        let done = Done { head: head.to_vec(), output };
        self.is_last = flags == 1;
        Ok(Some(done))
    }

    /// Until there is something on the channel, or it is closed, or the time is up.
    fn wait(&self, deadline: Option<Instant>, is_cancelled: Option<&dyn Fn() -> bool>) -> Heard {
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let step = match (left, is_cancelled) {
                (left, Some(_)) => Some(left.unwrap_or(LOOK).min(LOOK)),
                (left, None) => left,
            };
            let timeout = step.and_then(|step| Timespec::try_from(step).ok());
            let mut ends = [PollFd::new(&self.socket, PollFlags::IN)];
            // An error of `poll` is one of ours; the next turn, or the receiving, will say it again.
            let ready = retried(|| poll(&mut ends, timeout.as_ref())).unwrap_or(0);
            if ready > 0 {
                return Heard::Something;
            }
            if is_cancelled.is_some_and(|is_cancelled| is_cancelled()) {
                return Heard::Nothing(Why::Cancelled);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Heard::Nothing(Why::Deadline);
            }
        }
    }
}

enum Heard {
    Something,
    Nothing(Why),
}

enum Why {
    Cancelled,
    Deadline,
}

/// Why a job has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The caller no longer wanted it.
    Cancelled,
    /// This process could not even ask.
    Here,
    /// The worker failed the job.
    Incident(Incident),
    /// The worker had ended before it was asked, or spoilt what it shares with this process; another may do the job.
    Stale,
}

impl Failed {
    /// Why the file for the input could not be filled. Nobody but a worker that was taken over seals it: files of this
    /// process may be written.
    fn to_fill(err: &io::Error) -> Failed {
        match err.kind() {
            io::ErrorKind::PermissionDenied => Failed::Stale,
            _ => Failed::Here,
        }
    }
}

impl Process {
    /// Waits for the end of a process that has closed its channel, and says what it was.
    fn cause_of_death(&mut self) -> Incident {
        // Whoever closes the channel and does not end is made to; whoever is ending already dies of its own cause.
        let mut ends = [PollFd::new(&self.handle, PollFlags::IN)];
        let grace = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
        if !retried(|| poll(&mut ends, Some(&grace))).is_ok_and(|ready| ready > 0) {
            return Incident::Protocol;
        }
        self.is_reaped = true;
        let status = retried(|| waitid(WaitId::PidFd(self.handle.as_fd()), WaitIdOptions::EXITED));
        // Somebody else waits for this program's children: the cause is lost.
        let Ok(Some(status)) = status else { return Incident::Killed };
        if let Some(code) = status.exit_status() {
            return Incident::Exited { code: u8::try_from(code).unwrap_or(u8::MAX) };
        }
        let number = status.terminating_signal().and_then(|signal| u8::try_from(signal).ok()).unwrap_or(0);
        match Signal::from_named_raw(number.into()) {
            Some(Signal::ABORT) if self.lacked_memory() => Incident::Memory,
            Some(Signal::KILL) => Incident::Killed,
            Some(Signal::SYS) => Incident::Forbidden,
            Some(Signal::XCPU) => Incident::Deadline,
            Some(Signal::XFSZ) => Incident::Output,
            _ => Incident::Crashed { signal: number },
        }
    }

    /// Whether its last words are those of a failed allocation. They may be forged: who is told is told of a
    /// process that has ended in any case.
    fn lacked_memory(&self) -> bool {
        let mut words = [0; LAST_WORDS as usize];
        let read = retried(|| rustix::io::pread(&self.last_words, &mut words, 0)).unwrap_or(0);
        let words = words.get(..read).unwrap_or_default();
        words.windows(ALLOCATION.len()).any(|window| window == ALLOCATION)
    }
}

/// How the standard library begins what it says before it aborts for want of memory.
const ALLOCATION: &[u8] = b"memory allocation of ";

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_reaped {
            let _ = pidfd_send_signal(&self.handle, Signal::KILL);
            let _ = retried(|| waitid(WaitId::PidFd(self.handle.as_fd()), WaitIdOptions::EXITED));
        }
    }
}

/// A file of a fixed size, so that nobody can talk for ever.
fn last_words() -> io::Result<OwnedFd> {
    use rustix::fs::{SealFlags, fcntl_add_seals, ftruncate};
    let file = create(c"fastimagecache-last-words")?;
    ftruncate(&file, LAST_WORDS)?;
    fcntl_add_seals(&file, SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_goes_there_and_back_and_nothing_else_is_one() {
        let bounds = Bounds { memory_bytes: 1, output_bytes: 2, cpu_seconds: 3 };
        let mut hello = bounds.to_hello(77);
        assert_eq!(Bounds::from_hello(&hello), Some((bounds, 77)));
        hello[0] ^= 1;
        assert_eq!(Bounds::from_hello(&hello), None);
    }

    #[test]
    fn a_worker_that_sealed_the_file_of_its_input_is_passed_over() {
        use rustix::fs::{SealFlags, fcntl_add_seals};
        for seal in [SealFlags::WRITE, SealFlags::FUTURE_WRITE, SealFlags::GROW] {
            let mut reused = Reused::default();
            fcntl_add_seals(reused.holding(b"one").unwrap(), seal).unwrap();
            let err = reused.holding(b"longer").unwrap_err();
            assert_eq!(Failed::to_fill(&err), Failed::Stale, "{seal:?}: {err}");
        }
        assert_eq!(Failed::to_fill(&io::ErrorKind::StorageFull.into()), Failed::Here);
    }

    #[test]
    fn a_packet_that_is_no_job_is_none() {
        assert_eq!(Task::parse(&Task::Work.about(1 << 40)), Some((Task::Work, 1 << 40, &[][..])));
        assert_eq!(Task::parse(&Task::Attempt(3).about(0)), Some((Task::Attempt(3), 0, &[][..])));
        assert_eq!(Task::parse(&[2; 15]), None);
        assert_eq!(Task::parse(&[0; 16]), None);
    }
}
