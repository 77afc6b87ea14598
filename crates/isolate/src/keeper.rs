//! The thread that starts workers.
//!
//! The kernel ends a worker with the *thread* that started it. Threads of a pool come and go, so one thread that lives
//! as long as the pool starts them all.

use std::io;
use std::process::{Child, Command};
use std::sync::mpsc::{Sender, channel};
use std::thread;

type Order = (Command, Sender<io::Result<Child>>);

/// Starts processes on a thread of its own, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Keeper(Sender<Order>);

impl Keeper {
    pub(crate) fn new() -> io::Result<Keeper> {
        let (orders, ordered) = channel::<Order>();
        thread::Builder::new().name("worker-keeper".into()).stack_size(128 << 10).spawn(move || {
            for (mut command, answer) in ordered {
                // Who does not wait any longer has closed its end of the channel, and the worker ends by that.
                let _ = answer.send(command.spawn());
            }
        })?;
        Ok(Keeper(orders))
    }

    pub(crate) fn spawn(&self, command: Command) -> io::Result<Child> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        let (answer, answered) = channel();
        self.0.send((command, answer)).map_err(|_| io::ErrorKind::BrokenPipe)?;
        answered.recv().map_err(gone)?
    }
}
