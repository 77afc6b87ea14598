//! The folder by paths, for systems without Unix descriptors: a draft is a file with a name of its own, and a hard
//! link that fails where the name is taken gives it an entry's name.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::{Facts, Linked, Listed, Opened, digest_of_name, entry_path};
use crate::Damage;

/// An open cache folder.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    drafts: AtomicU64,
}

/// A file that is being written and has no entry's name yet. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    folder: &'a Folder,
    file: File,
    temporary: PathBuf,
}

impl Folder {
    /// Opens the folder at `root`, making it where it is missing. Who may enter it is up to its parent.
    pub(crate) fn open(root: &Path) -> io::Result<Folder> {
        fs::create_dir_all(root)?;
        Ok(Folder { root: fs::canonicalize(root)?, drafts: AtomicU64::new(0) })
    }

    /// Makes the folder `name` below the root, where it is missing.
    pub(crate) fn make(&self, name: &str) -> io::Result<()> {
        fs::create_dir_all(self.root.join(name))
    }

    /// Whether there is a folder of that name.
    pub(crate) fn has_folder(&self, name: &str) -> io::Result<bool> {
        Ok(fs::symlink_metadata(self.root.join(name)).is_ok_and(|at| at.is_dir()))
    }

    /// Whether there is nothing in it but these names.
    pub(crate) fn has_only(&self, names: &[&str]) -> io::Result<bool> {
        let mut there = fs::read_dir(&self.root)?;
        Ok(there.all(|entry| entry.is_ok_and(|entry| names.iter().any(|name| entry.file_name() == *name))))
    }

    /// Deletes a small file of the cache's own.
    pub(crate) fn remove_small(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.root.join(name))
    }

    /// A small file of the cache's own, read whole; `None` where it is missing.
    pub(crate) fn read_small(&self, name: &str, at_most: usize) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.root.join(name)) {
            Ok(mut bytes) => {
                bytes.truncate(at_most);
                Ok(Some(bytes))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// A file of the cache's own to lock, or to count in; made where it is missing.
    pub(crate) fn open_shared(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(self.root.join(name))
    }

    /// The entry of that digest.
    pub(crate) fn open_entry(&self, digest: &[u8; 32]) -> io::Result<Opened> {
        let Some(facts) = self.entry_facts(digest)? else { return Ok(Opened::Missing) };
        if let Some(damage) = facts.damage {
            return Ok(Opened::Damaged(damage));
        }
        Ok(Opened::File(File::open(self.root.join(entry_path(digest)))?, facts))
    }

    /// Whether the entry has a name, and what it takes.
    pub(crate) fn entry_facts(&self, digest: &[u8; 32]) -> io::Result<Option<Facts>> {
        match fs::symlink_metadata(self.root.join(entry_path(digest))) {
            Ok(at) => Ok(Some(facts(&at))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Takes away the name of an entry, or whatever has that name; what it took on disk, `None` where there was
    /// nothing.
    pub(crate) fn remove_entry(&self, digest: &[u8; 32]) -> io::Result<Option<u64>> {
        let path = self.root.join(entry_path(digest));
        let Some(facts) = self.entry_facts(digest)? else { return Ok(None) };
        match fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)) {
            Ok(()) => Ok(Some(facts.disk_bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// All entries whose digest starts with `shard`. What has another name does not belong there and is deleted.
    pub(crate) fn list(&self, shard: u8) -> io::Result<Vec<Listed>> {
        let names = match fs::read_dir(self.root.join(format!("v1/{shard:02x}"))) {
            Ok(names) => names,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let mut listed = Vec::new();
        for name in names {
            let name = name?;
            match digest_of_name(name.file_name().as_encoded_bytes(), shard) {
                Some(digest) => listed.push(Listed { digest, facts: facts(&name.metadata()?) }),
                None => _ = fs::remove_file(name.path()),
            }
        }
        Ok(listed)
    }

    /// Deletes what an interrupted writer left behind.
    pub(crate) fn remove_drafts(&self) -> io::Result<()> {
        let names = match fs::read_dir(self.root.join("tmp")) {
            Ok(names) => names,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        // What cannot be deleted, or is gone meanwhile, is in nobody's way.
        names.into_iter().flatten().for_each(|name| _ = fs::remove_file(name.path()));
        Ok(())
    }

    /// Remembers that the entry was used just now; not here, where that needs a file that can be written.
    pub(crate) fn touch(&self, _digest: &[u8; 32]) -> io::Result<()> {
        Ok(())
    }

    /// Bytes of the file system that are left for us: not known here.
    pub(crate) fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    /// A new file to be an entry, or a small file of the cache's own.
    pub(crate) fn draft(&self, _digest: Option<&[u8; 32]>) -> io::Result<Draft<'_>> {
        self.named_draft()
    }

    /// The same.
    pub(crate) fn named_draft(&self) -> io::Result<Draft<'_>> {
        self.make("tmp")?;
        loop {
            let number = self.drafts.fetch_add(1, Ordering::Relaxed);
            let temporary = self.root.join(format!("tmp/{}-{number}", std::process::id()));
            match OpenOptions::new().read(true).write(true).create_new(true).open(&temporary) {
                Ok(file) => return Ok(Draft { folder: self, file, temporary }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Names last as the system sees fit.
    pub(crate) fn sync_names(&self, _digest: &[u8; 32]) -> io::Result<()> {
        Ok(())
    }
}

impl Draft<'_> {
    /// Writes `bytes` at `offset`.
    pub(crate) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        write_all_at(&self.file, bytes, offset)
    }

    /// Sets the length; what was not written is zeros.
    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    /// Makes the bytes last through a loss of power.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// What it takes on disk, as far as is known: its length.
    pub(crate) fn disk_bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Gives up the descriptor that can write, for one that can only read.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.file = File::open(&self.temporary)?;
        Ok(())
    }

    /// Gives it the name of an entry, unless somebody else has it: the moment from which it is one.
    pub(crate) fn link_entry(self, digest: &[u8; 32]) -> io::Result<(Linked, File)> {
        // Before it has the name: what fails after that must not look as if it had none.
        let file = self.file.try_clone()?;
        Ok((self.link(&self.folder.root.join(entry_path(digest)))?, file))
    }

    /// Gives it the name of a small file of the cache's own.
    pub(crate) fn link_small(self, name: &str) -> io::Result<Linked> {
        self.link(&self.folder.root.join(name))
    }

    fn link(&self, to: &Path) -> io::Result<Linked> {
        match fs::hard_link(&self.temporary, to) {
            Ok(()) => Ok(Linked::New),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(Linked::AlreadyThere),
            Err(e) => Err(e),
        }
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        // Where that fails the next open of the cache deletes it.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn facts(at: &fs::Metadata) -> Facts {
    let damage = match at.file_type() {
        kind if kind.is_symlink() => Some(Damage::SymbolicLink),
        kind if kind.is_file() => None,
        _ => Some(Damage::NotRegular),
    };
    let used = at.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let used_secs = used.and_then(|time| i64::try_from(time.as_secs()).ok()).unwrap_or(0);
    Facts { len: at.len(), disk_bytes: at.len(), used_secs, damage }
}

/// Fills `buffer` from `offset` on.
#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !buffer.is_empty() {
        match file.seek_read(buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                buffer = buffer.get_mut(read..).unwrap_or_default();
                offset = offset.saturating_add(read as u64);
            }
        }
    }
    Ok(())
}

/// Writes all of `bytes` at `offset`.
#[cfg(windows)]
pub(crate) fn write_all_at(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_write(bytes, offset)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset = offset.saturating_add(written as u64);
            }
        }
    }
    Ok(())
}

/// Nothing but Unix and Windows has files to read from.
#[cfg(not(windows))]
pub(crate) fn read_exact_at(_file: &File, _buffer: &mut [u8], _offset: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing but Unix and Windows has files to write to.
#[cfg(not(windows))]
pub(crate) fn write_all_at(_file: &File, _bytes: &[u8], _offset: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
