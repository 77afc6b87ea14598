//! `--log`: refusals and incidents as lines on standard error, in place of the sentences for people. Standard output is
//! for pictures and tables alone.

use std::io;
use std::sync::OnceLock;

use fastimagecache::trail::ecs::{Lines, Shape, Which};
use fastimagecache::{Error, Thumbnailer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::arguments::{LogArguments, LogName};

/// Whether failures are told as events.
static LOG: OnceLock<LogName> = OnceLock::new();

/// Begins to write what `arguments` ask for.
pub(crate) fn start(arguments: &LogArguments) {
    let shape = match arguments.log {
        LogName::Json => Shape::Json,
        LogName::Off => return,
        LogName::Text => Shape::Text,
    };
    let which = if arguments.log_stages { Which::EventsAndStages } else { Which::Events };
    let lines = Lines::new(shape, io::stderr).with(which).layer();
    // It is the first and only one of this process.
    if tracing_subscriber::registry().with(lines).try_init().is_ok() {
        _ = LOG.set(arguments.log);
    }
}

/// Whether standard error is for lines of the log: then nothing else is written there.
pub(crate) fn is_on() -> bool {
    LOG.get().is_some()
}

/// Tells of a failure that no call told of: a file that could not be read, a cache that could not be opened.
pub(crate) fn tell(error: &Error, source: Option<&str>) {
    Thumbnailer::default().tell_unread(error, source);
}
