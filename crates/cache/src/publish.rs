//! From bytes in memory to a file that every process may believe: the steps, in their order, and what fails at
//! each.
//!
//! Room is taken from the quota first. The file gets its bytes while it has no name; the descriptor that could
//! write is closed; then it gets its name, and from that moment on it is an entry that nobody changes. Whatever
//! happens before leaves no trace but a count that is too high, which the next scan sets right.

use std::fmt;
use std::fs::File;
use std::io;
use std::sync::Arc;

use crate::Uncached;
use crate::folder::Linked;
use crate::header::{HEADER_BYTES, Header};
use crate::store::Store;

/// A step of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the steps, in their order")]
pub enum Step {
    Reserve,
    Create,
    WriteHeader,
    WritePayload,
    Sync,
    Reopen,
    Link,
    SyncNames,
    Account,
    Done,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 10] = [
        Step::Reserve,
        Step::Create,
        Step::WriteHeader,
        Step::WritePayload,
        Step::Sync,
        Step::Reopen,
        Step::Link,
        Step::SyncNames,
        Step::Account,
        Step::Done,
    ];
}

/// For tests: what is called before each step, and may fail it or end the process.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Hook>>);

type Hook = dyn Fn(Step) -> io::Result<()> + Send + Sync;

impl Faults {
    /// None, ever.
    pub const fn none() -> Faults {
        Faults(None)
    }

    /// What `hook` does.
    pub fn new(hook: impl Fn(Step) -> io::Result<()> + Send + Sync + 'static) -> Faults {
        Faults(Some(Arc::new(hook)))
    }

    fn before(&self, step: Step) -> io::Result<()> {
        self.0.as_ref().map_or(Ok(()), |hook| hook(step))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Faults(..)" } else { "Faults" })
    }
}

/// A finished publication.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) linked: Linked,
    /// Open for reading only.
    pub(crate) file: File,
    pub(crate) disk_bytes: u64,
}

/// Writes and links `payload` under `header`.
pub(crate) fn publish(store: &Store, header: &Header, payload: &[u8]) -> Result<Published, Uncached> {
    let faults = &store.config.faults;
    let file_bytes = Header::file_bytes(&header.shape).ok_or(Uncached::TooLarge)?;
    let failed = |e: io::Error| store.write_failed(&e, file_bytes);

    let _pass = store.gate.enter().ok_or(Uncached::Busy)?;
    faults.before(Step::Reserve).map_err(failed)?;
    let mut room = store.reserve(file_bytes)?;
    let mut write = || -> io::Result<Published> {
        faults.before(Step::Create)?;
        let mut draft = store.folder.draft(Some(&header.digest))?;
        faults.before(Step::WriteHeader)?;
        draft.write_at(&*header.to_page(store.seed), 0)?;
        faults.before(Step::WritePayload)?;
        draft.write_at(payload, HEADER_BYTES as u64)?;
        draft.set_len(file_bytes)?;
        faults.before(Step::Sync)?;
        if store.is_durable() {
            draft.sync()?;
        }
        let disk_bytes = draft.disk_bytes()?;
        faults.before(Step::Reopen)?;
        draft.finish()?;
        faults.before(Step::Link)?;
        let (linked, file) = draft.link_entry(&header.digest)?;
        if linked == Linked::New {
            // Whatever fails from here on, the entry is there.
            room.keep(disk_bytes);
            faults.before(Step::SyncNames)?;
            if store.is_durable() {
                store.folder.sync_names(&header.digest)?;
            }
        }
        faults.before(Step::Account)?;
        Ok(Published { linked, file, disk_bytes })
    };
    let published = write();
    drop(room);
    let published = published.map_err(failed)?;
    faults.before(Step::Done).map_err(failed)?;
    Ok(published)
}
