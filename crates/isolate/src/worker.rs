//! The worker's side: confine, then answer one job after another until the parent is gone.
//!
//! What comes in over the channel is the parent's, who is trusted; what a job's input holds is not, and the code
//! that reads it may be taken over. So nothing here is kept from that code: what holds it is in the kernel.

use std::io::{self, IoSlice, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};

use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;
use rustix::process::Pid;
use rustix::stdio::stdin;

use crate::attempt::Attempt;
use crate::channel::{PACKET, receive_with_descriptors, send};
use crate::confine::confine;
use crate::memfd::{Filling, read_start};
use crate::process::{ANSWER_BYTES, Bounds, HELLO_BYTES, JOB_BYTES, Task};

/// The argument that makes a program a worker.
pub(crate) const ARGUMENT: &str = "--fastimagecache-worker";

/// The one that says that the descriptors were seen to.
const AGAIN: &str = "again";

/// The program itself, where the kernel shows it.
pub(crate) const SELF: &str = "/proc/self/exe";

/// What a job is answered with.
#[derive(Debug)]
pub struct Answer {
    head: Vec<u8>,
    output: Filling,
    is_last: bool,
}

impl Answer {
    /// The most bytes that a head may have.
    pub const MAX_HEAD: usize = PACKET - ANSWER_BYTES;

    /// Sets the head, at most [`Answer::MAX_HEAD`] bytes.
    ///
    /// # Errors
    /// `InvalidInput` for more.
    pub fn set_head(&mut self, head: &[u8]) -> io::Result<()> {
        if head.len() > Answer::MAX_HEAD {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.head.clear();
        self.head.extend_from_slice(head);
        Ok(())
    }

    /// Asks the parent for a fresh worker after this answer, as after a panic.
    pub fn retire(&mut self) {
        self.is_last = true;
    }
}

/// Appends to the output.
impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where this process was started as a worker, becomes one and never returns; anywhere else, returns at once. To be
/// called first in `main`, before any thread is started: a thread would not be confined.
///
/// `make` is called once, before the worker confines itself; what it makes is called for each job with the request,
/// the input and the answer to fill.
pub fn run_if_worker<W>(make: impl FnOnce() -> W)
where
    W: FnMut(&[u8], &[u8], &mut Answer),
{
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|argument| argument != ARGUMENT) {
        return;
    }
    let is_second = arguments.next().is_some_and(|argument| argument == AGAIN);
    // Somebody typed the argument: there is no parent to talk to.
    if !socket_type(stdin()).is_ok_and(|of| of == SocketType::SEQPACKET) {
        exit(2);
    }
    if !is_second && strays().is_ok_and(|strays| strays > 0) {
        without_strays();
    }
    // A panic of a decoder is caught and told in the answer; its message may quote the input.
    std::panic::set_hook(Box::new(|_| ()));
    let work = make();
    exit(if serve(work).is_ok() { 0 } else { 3 });
}

/// Descriptors beyond the channel and the place for last words.
pub(crate) fn strays() -> io::Result<usize> {
    let mut numbers = 0;
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let number = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        numbers += usize::from(number.is_some_and(|number| number > 2));
    }
    // The folder that is being read is one of them.
    Ok(numbers.saturating_sub(1))
}

/// Starts this program anew without what it inherited. Where that cannot be, the posture will say so.
fn without_strays() {
    if fic_mmap::close_on_exec_from(3).is_ok() {
        let _ = Command::new(SELF).arg(ARGUMENT).arg(AGAIN).env_clear().exec();
    }
}

fn serve(mut work: impl FnMut(&[u8], &[u8], &mut Answer)) -> io::Result<()> {
    let mut room = vec![0; PACKET];
    let Some((hello, _)) = receive_with_descriptors(stdin(), &mut room)? else { return Ok(()) };
    let hello: &[u8; HELLO_BYTES] = hello.try_into().map_err(|_| io::ErrorKind::InvalidData)?;
    let (bounds, parent) = Bounds::from_hello(hello).ok_or(io::ErrorKind::InvalidData)?;
    let parent = Pid::from_raw(parent).ok_or(io::ErrorKind::InvalidData)?;
    let posture = confine(&bounds, parent);
    let words: Vec<u8> = posture.to_words().iter().flat_map(|word| word.to_le_bytes()).collect();
    send(stdin(), &[IoSlice::new(&words)], &[])?;
    let mut kept = Vec::new();
    loop {
        let Some((job, files)) = receive_with_descriptors(stdin(), &mut room)? else { return Ok(()) };
        let (task, len, request) = Task::parse(job).ok_or(io::ErrorKind::InvalidData)?;
        let [input, output]: [OwnedFd; 2] = files.try_into().map_err(|_| io::ErrorKind::InvalidData)?;
        let mut answer = Answer { head: Vec::new(), output: Filling::over(output), is_last: false };
        match task {
            Task::Attempt(number) => {
                let outcome = Attempt::from_number(number).map(|attempt| attempt.make(parent));
                answer.set_head(&outcome.ok_or(io::ErrorKind::InvalidData)?.to_bytes())?;
                reply(answer)?;
            }
            Task::Work => {
                {
                    let lying = Lying::of(input, len, &mut kept)?;
                    work(request, lying.bytes(), &mut answer);
                    // Answered before the pages of a long input are given back, which takes its time.
                    reply(answer)?;
                }
                if kept.len() > KEPT {
                    kept = Vec::new();
                }
            }
        }
    }
}

/// The most bytes that are kept of the room for an input.
const KEPT: usize = 8 << 20;

/// An input that nobody changes while it is looked at: a sealed one where it lies, any other as a copy in a room that is
/// kept for the next.
enum Lying<'a> {
    Copied(&'a [u8]),
    #[cfg(feature = "mmap")]
    Sealed(fic_mmap::SealedMap),
}

impl<'a> Lying<'a> {
    fn of(input: OwnedFd, len: u64, kept: &'a mut Vec<u8>) -> io::Result<Lying<'a>> {
        #[cfg(feature = "mmap")]
        match fic_mmap::SealedMap::of(&input) {
            Ok(map) => return Ok(Lying::Sealed(map)),
            // It has no such seals, or is empty.
            Err(e) if matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) => {}
            Err(e) => return Err(e),
        }
        let len = usize::try_from(len).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if kept.len() < len {
            // Not both the old and the new at once.
            drop(std::mem::take(kept));
            *kept = vec![0; len];
        }
        let room = kept.get_mut(..len).unwrap_or_default();
        read_start(input, room)?;
        Ok(Lying::Copied(room))
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Lying::Copied(bytes) => bytes,
            #[cfg(feature = "mmap")]
            Lying::Sealed(map) => map,
        }
    }
}

fn reply(answer: Answer) -> io::Result<()> {
    let output = answer.output.seal()?;
    let mut start = [0; ANSWER_BYTES];
    let (first, length) = start.split_at_mut(8);
    first[0] = u8::from(answer.is_last);
    length.copy_from_slice(&output.len().to_le_bytes());
    send(stdin(), &[IoSlice::new(&start), IoSlice::new(&answer.head)], &[])
}

const _: () = assert!(JOB_BYTES < PACKET && ANSWER_BYTES == 16);
